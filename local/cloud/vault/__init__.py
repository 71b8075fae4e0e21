"""The Glacier vault API of the embedded cloud, which ministack does not have."""
