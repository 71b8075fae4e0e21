"""The product on a real Ceph gateway: `make prove-ceph` (docs/on-premises.md).

The packages of Debian 12 (Ceph 16.2) are unpacked beside the repository, without being installed.
"""
