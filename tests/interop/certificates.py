"""Authorities and what they issue, for the tests of TLS, as files that a server reads."""

import datetime
import ipaddress
import os
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


def pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


class Authority:
    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
        self.certificate = self.sign(self.name, self.key, [(x509.BasicConstraints(True, None), True)])
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM)

    def sign(self, subject, key, extensions):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + DAY)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.key, hashes.SHA256())

    def issue(self, *names):
        """A certificate for these names and this machine: it, and both it and its key as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = [x509.DNSName(name) for name in names] + [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        extensions = [(x509.SubjectAlternativeName(alternatives), False), (x509.BasicConstraints(False, None), True)]
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        certificate = self.sign(subject, key, extensions)
        return certificate, certificate.public_bytes(serialization.Encoding.PEM), pem(key)


class Secret:
    """A folder whose files change all at once, as a secret of Kubernetes does: through a link that is replaced."""

    def __init__(self, folder):
        self.folder, self.version = pathlib.Path(folder), 0

    def __getitem__(self, name):
        return str(self.folder / name)

    def set(self, **files):
        """Sets all files; `_` stands for a dot in their names."""
        self.version += 1
        data = self.folder / f"..{self.version}"
        data.mkdir()
        for name, content in files.items():
            name = name.replace("_", ".")
            (data / name).write_bytes(content)
            if not (self.folder / name).is_symlink():
                (self.folder / name).symlink_to(f"..data/{name}")
        (self.folder / "..new").symlink_to(data.name)
        os.replace(self.folder / "..new", self.folder / "..data")
