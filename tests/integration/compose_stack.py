"""The services of docker-compose.yml as native processes, from the files that it mounts and its environment.

What cannot be the same here is replaced by name, and nothing else: ports, names of hosts, and the paths of containers,
each of which becomes a folder that holds what the file mounts there.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import yaml

from ingestor import secret_files
from tests.support import ROOT, accepts, free_port, server, wait_for

Service = dict[str, Any]


def read(name: str) -> dict[str, Any]:
    """A file of compose, as it stands."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return loaded


def with_override(service: Service, override: Service) -> Service:
    """A service with an override file's values, merged as compose does: mappings by key, volumes by target."""
    merged = {**service, **override}
    merged["environment"] = {**service.get("environment", {}), **override.get("environment", {})}
    both = [*service.get("volumes", []), *override.get("volumes", [])]
    merged["volumes"] = list({each.split(":")[1]: each for each in both}.values())
    return merged


def mounts(service: Service) -> list[tuple[str, str]]:
    """Source and target of each volume, outer targets first."""
    pairs = [tuple(each.split(":")[:2]) for each in service.get("volumes", [])]
    return sorted(((source, target) for source, target in pairs), key=lambda pair: pair[1].count("/"))


class Stack:
    """Broker, InfluxDB 1 and collector of the compose files, without containers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.broker_port, self.influx_port, self.health_port, self.board_port = (free_port() for _ in range(4))
        base, other = read("docker-compose.yml")["services"], read("docker-compose.influxdb1.yml")["services"]
        self.services = {name: with_override(service, other.get(name, {})) for name, service in base.items()}
        self.sent = 0
        self.processes: list[subprocess.Popen[bytes]] = []
        secret_files.write(secret_files.make(), folder / "secrets")
        for name, service in self.services.items():
            self._mount(name, service)

    def path(self, service: str, target: str) -> Path:
        """Where a path of a service's container is here."""
        return self.folder / "roots" / service / target.lstrip("/")

    def _mount(self, name: str, service: Service) -> None:
        for source, target in mounts(service):
            here = self.path(name, target)
            here.parent.mkdir(parents=True, exist_ok=True)
            if source.startswith("."):
                origin = ROOT / source
                if origin.is_dir():
                    shutil.rmtree(here, ignore_errors=True)
                    shutil.copytree(origin, here)
                else:
                    shutil.copy(origin, here)
            elif source.endswith("-secrets"):
                here.symlink_to(self.folder / "secrets" / source.removesuffix("-secrets"))
            else:
                here.mkdir()

    def local(self, service: str, text: str) -> str:
        """A text of a service's with the paths, names and ports of its container replaced by those that it has here."""
        for top in ("/mosquitto/", "/run/secrets/", "/var/lib/", "/etc/qingjing"):
            text = text.replace(top, f"{self.path(service, top)}{'/' if top.endswith('/') else ''}")
        text = text.replace("influxdb:8086", "127.0.0.1:8086").replace(
            "127.0.0.1:8086", f"127.0.0.1:{self.influx_port}"
        )
        text = text.replace('host = "broker"', 'host = "localhost"').replace(
            "port = 8883", f"port = {self.broker_port}"
        )
        return (
            text.replace("-p 8883", f"-p {self.broker_port}")
            .replace("9464", str(self.health_port))
            .replace("port = 9480", f"port = {self.board_port}")
        )

    def environment(self, service: str) -> dict[str, str]:
        """The environment of a service, beside the path of programs."""
        given = {k: self.local(service, str(v)) for k, v in self.services[service].get("environment", {}).items()}
        return {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "HOME": str(self.folder), **given}

    def _start(self, name: str, command: list[Any], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=ROOT))
        return self.processes[-1]

    def said(self, name: str) -> str:
        """What a service has logged."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8")

    def start_broker(self) -> None:
        """Start Mosquitto from the configuration that its container would find."""
        file = self.path("broker", "/mosquitto/config/mosquitto.conf")
        text = self.local("broker", file.read_text()).replace("listener 8883", f"listener {self.broker_port} 127.0.0.1")
        file.write_text(text + "user root\n" * (os.getuid() == 0))
        self._start("broker", [server("mosquitto"), "-c", file], self.environment("broker"))
        wait_for(lambda: accepts(self.broker_port), what="mosquitto to listen")

    def start_influxdb(self) -> None:
        """Start InfluxDB 1 with the service's environment; make what its image makes of that at the first start."""
        script = (ROOT / "deploy/influxdb/start-1.sh").read_text(encoding="utf-8")
        assert "exec /entrypoint.sh influxd\n" in script
        script = self.local("influxdb", script).replace("exec /entrypoint.sh influxd", "env")
        shown = subprocess.run(
            ["sh", "-c", script], env=self.environment("influxdb"), capture_output=True, text=True, check=True
        ).stdout
        given = dict(line.split("=", 1) for line in shown.splitlines())
        binding = {
            "INFLUXDB_HTTP_BIND_ADDRESS": f"127.0.0.1:{self.influx_port}",
            "INFLUXDB_BIND_ADDRESS": f"127.0.0.1:{free_port()}",
        }
        self._start("influxdb", [server("influxd")], {**given, **binding})
        wait_for(lambda: accepts(self.influx_port), what="influxd to listen")
        admin = (given["INFLUXDB_ADMIN_USER"], given["INFLUXDB_ADMIN_PASSWORD"])
        database, writer, reader = (given[f"INFLUXDB_{key}"] for key in ("DB", "USER", "READ_USER"))
        self.query(f"CREATE USER {admin[0]} WITH PASSWORD '{admin[1]}' WITH ALL PRIVILEGES", None)
        for statement in (
            f"CREATE DATABASE {database}",
            f"CREATE USER {writer} WITH PASSWORD '{given['INFLUXDB_USER_PASSWORD']}'",
            f"GRANT ALL ON {database} TO {writer}",
            f"CREATE USER {reader} WITH PASSWORD '{given['INFLUXDB_READ_USER_PASSWORD']}'",
            f"GRANT READ ON {database} TO {reader}",
        ):
            self.query(statement, admin)

    def start_qingjing(self) -> None:
        """Start the collector by the image's command, and wait until its container would be healthy."""
        self._configure("qingjing")
        self._start("qingjing", [sys.executable, "-m", "ingestor", "run", "--no-jobs"], self._own("qingjing"))
        wait_for(lambda: self.healthy("qingjing"), what=f"qingjing to be healthy: {self.said('qingjing')}")

    def simulate(self, *replaced: str) -> int:
        """Run the simulator by the service's command, its options replaced where given; return what it sent."""
        self._configure("simulator")
        names = {each.split("=")[0] for each in replaced}
        command = [each for each in self.services["simulator"]["command"] if each.split("=")[0] not in names]
        arguments = [*(self.local("simulator", each) for each in command), *replaced, "--json"]
        done = subprocess.run(
            [sys.executable, "-m", "ingestor", *arguments],
            env=self._own("simulator"), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return int(json.loads(done.stdout)["sent"])

    def _configure(self, name: str) -> None:
        settings = self.path(name, "/etc/qingjing/settings.toml")
        settings.write_text(self.local(name, settings.read_text(encoding="utf-8")), encoding="utf-8")

    def _own(self, name: str) -> dict[str, str]:
        """The environment of a service of our image: that of the Dockerfile, and the service's."""
        return {
            **self.environment(name),
            "PYTHONPATH": str(ROOT),
            "QINGJING_CONFIG": str(self.path(name, "/etc/qingjing")),
            "QINGJING_DATA": str(self.path(name, "/var/lib/qingjing")),
        }

    def healthy(self, name: str) -> bool:
        """Whether the service's health check succeeds."""
        kind, *test = self.services[name]["healthcheck"]["test"]
        test = [self.local(name, each).replace("$$", "$") for each in test]
        command = ["sh", "-c", *test] if kind == "CMD-SHELL" else [sys.executable, *test[1:]]
        done = subprocess.run(command, env=self.environment(name), capture_output=True, timeout=20, check=False)
        return done.returncode == 0

    def secret(self, name: str) -> str:
        """One of the secrets."""
        return (self.folder / "secrets" / name).read_text(encoding="utf-8")

    def query(self, statement: str, login: tuple[str, str] | None, *, database: str = "qingjing") -> Any:
        """The rows of a statement, as a user; None where they are refused or there are none."""
        asked = {"db": database, "q": statement}
        if login is not None:
            asked |= {"u": login[0], "p": login[1]}
        url = f"http://127.0.0.1:{self.influx_port}/query?{urllib.parse.urlencode(asked)}"
        try:
            with urllib.request.urlopen(url, data=b"", timeout=20) as answer:
                (result,) = json.loads(answer.read())["results"]
        except urllib.error.HTTPError as error:
            error.close()
            return None
        return result["series"][0]["values"] if "series" in result else None

    def close(self) -> None:
        """End everything, the last started first."""
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
