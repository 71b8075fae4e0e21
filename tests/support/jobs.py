"""Jobs and results for tests."""

from uuid import uuid4

from gas.jobs import Job, JobOptions, Results, StoredFile

USER = "11111111-1111-4111-8111-111111111111"
OTHER_USER = "22222222-2222-4222-8222-222222222222"


def job(**changes: object) -> Job:
    """A PENDING job of USER with a random id."""
    job_id = str(changes.get("job_id") or uuid4())
    user_id = str(changes.get("user_id") or USER)
    fields: dict[str, object] = {
        "job_id": job_id,
        "user_id": user_id,
        "user_email": "ada@example.org",
        "input_file_name": "tumour α.vcf.gz",
        "s3_inputs_bucket": "inputs",
        "s3_key_input_file": f"{user_id}/{job_id}~tumour.vcf.gz",
        "input_size": 1234,
        "submit_time": 1_800_000_000,
        "options": JobOptions(),
    }
    return Job.model_validate(fields | changes)


def stored_file(name: str = "tumour.annot.vcf.gz") -> StoredFile:
    return StoredFile(key=f"{USER}/{uuid4()}~{name}", name=name, size=99, sha256="ab" * 32)


def results() -> Results:
    return Results(
        bucket="results",
        annotated=stored_file(),
        log=stored_file("tumour.vcf.count.log"),
        summary=stored_file("tumour.summary.json"),
        receipt=stored_file("tumour.receipt.json"),
        table=stored_file("tumour.parquet"),
        index=stored_file("tumour.annot.vcf.gz.tbi"),
        signed_by="SHA256:12",
        input_blake3="ab" * 32,
        pack_id="demo-1",
        engine="1.0",
        records_in=10,
        records_annotated=8,
        skipped={"unknown contig": 2},
    )
