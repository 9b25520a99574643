"""docker-compose.yml, its variants and the Dockerfile, as far as they can be checked where no Docker runs."""

import fnmatch
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ingestor import config, secret_files
from tests.integration.compose_stack import Service, mounts, read
from tests.support import ROOT

FILES = ("docker-compose.yml", "docker-compose.influxdb1.yml")
COMPOSE = read(FILES[0])
SERVICES: dict[str, Service] = COMPOSE["services"]
each_service = pytest.mark.parametrize("name", SERVICES)


def test_compose_files_follow_the_specification() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*command, *(ROOT / name for name in FILES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", FILES)
def test_mounted_paths_exist(file: str) -> None:
    declared = {*COMPOSE["volumes"], *(read(file)["volumes"])}
    for service in read(file)["services"].values():
        for source, target in mounts(service):
            if source.startswith("."):
                assert (ROOT / source).exists(), source
            else:
                assert source in declared, source
            assert target.startswith("/")


@each_service
def test_service_runs_with_no_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert name == "secrets" or "cap_add" not in service
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}


@each_service
def test_service_is_not_root_but_that_which_gives_files_away(name: str) -> None:
    user = SERVICES[name].get("user")
    assert (name == "secrets") == (user == "0:0")
    if name not in ("secrets", "qingjing", "simulator"):  # those two run as the user of the Dockerfile
        assert user == f"{secret_files.OWNERS[name]}:{secret_files.OWNERS[name]}"


@each_service
def test_ports_are_those_of_loopback(name: str) -> None:
    (broker,) = re.findall(r"^BROKER_ADDRESS=(.*)$", (ROOT / ".env").read_text(), re.MULTILINE)
    assert broker == "127.0.0.1"
    for port in SERVICES[name].get("ports", []):
        assert port.startswith(("127.0.0.1:", "${BROKER_ADDRESS:-127.0.0.1}:"))


@each_service
def test_images_have_a_version(name: str) -> None:
    assert re.fullmatch(r"[a-z/-]+:\d+\.\d+\.\d+(-alpine)?", SERVICES[name]["image"])


def test_image_of_our_own_has_our_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert SERVICES["qingjing"]["image"] == f"qingjing:{project['version']}"


@each_service
def test_what_is_waited_for_can_be_waited_for(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        if how["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]
        else:
            assert how["condition"] == "service_completed_successfully"
            assert SERVICES[other]["restart"] == "no"
        assert "profiles" not in SERVICES[other] or "profiles" in SERVICES[name]


def test_each_service_sees_its_own_secrets_only() -> None:
    for name, service in SERVICES.items():
        seen = {source for source, _ in mounts(service) if source.endswith("-secrets")}
        if name == "secrets":
            assert seen == {f"{folder}-secrets" for folder in secret_files.OWNERS}
        else:
            assert seen == {f"{name}-secrets"}
            (volume,) = [each for each in service["volumes"] if each.startswith(f"{name}-secrets:")]
            assert volume.endswith(":ro")


@pytest.mark.parametrize("file", FILES)
def test_secrets_that_are_named_are_made(file: str) -> None:
    made = {str(path) for path in secret_files.make()}
    scripts = "".join(path.read_text() for path in (ROOT / "deploy/influxdb").glob("*.sh"))
    settings = (ROOT / "deploy/qingjing/settings.toml").read_text(encoding="utf-8")
    for name, service in read(file)["services"].items():
        text = str(service) + {"influxdb": scripts, "qingjing": settings}.get(name, "")
        for found in re.findall(r"/run/secrets/([a-z.-]+[a-z])|config/secrets/([a-z.-]+[a-z])", text):
            assert f"{name}/{''.join(found)}" in made


def test_scripts_that_images_run_can_be_executed() -> None:
    scripts = [*(ROOT / "deploy").rglob("*.sh")]
    assert len(scripts) == 2
    assert all(os.access(script, os.X_OK) for script in scripts)


def test_grafana_has_every_file_and_variable_that_its_provisioning_names() -> None:
    made = {path.name for path in secret_files.make() if path.parts[0] == "grafana"}
    for file in (ROOT / "grafana/provisioning").rglob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        assert set(re.findall(r"\$__file\{/run/secrets/([^}]+)\}", text)) <= made, file
        assert set(re.findall(r"\$\{([A-Z_]+)\}", text)) <= SERVICES["grafana"]["environment"].keys(), file
        for folder in re.findall(r"^ *path: *(/.*)$", text, re.MULTILINE):
            assert folder in [target for _, target in mounts(SERVICES["grafana"])], file


def test_grafana_encrypts_and_signs_with_secrets_of_its_own_stack() -> None:
    """Grafana without them has those that its documentation prints, the same everywhere."""
    given = SERVICES["grafana"]["environment"]
    for name, file in (("ADMIN_PASSWORD", "admin-password"), ("SECRET_KEY", "secret-key")):
        assert f"GF_SECURITY_{name}" not in given
        assert given[f"GF_SECURITY_{name}__FILE"] == f"/run/secrets/{file}"
        assert Path("grafana", file) in secret_files.make()


def test_grafana_asks_nobody_on_the_internet_and_publishes_nothing_there() -> None:
    """What goes out by its configuration reference: usage, updates, news, pictures, plug-ins, keys, snapshots."""
    off = (
        "ANALYTICS_REPORTING_ENABLED", "ANALYTICS_CHECK_FOR_UPDATES", "ANALYTICS_CHECK_FOR_PLUGIN_UPDATES",
        "NEWS_NEWS_FEED_ENABLED", "PLUGINS_PLUGIN_ADMIN_ENABLED", "SNAPSHOTS_EXTERNAL_ENABLED",
    )  # fmt: skip
    forbidden = (
        "SECURITY_DISABLE_GRAVATAR", "PLUGINS_PREINSTALL_DISABLED", "PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED",
    )  # fmt: skip
    wanted = {f"GF_{name}": "false" for name in off} | {f"GF_{name}": "true" for name in forbidden}
    given = SERVICES["grafana"]["environment"]
    assert {name: given.get(name) for name in wanted} == wanted


def test_simulated_city_starts_by_itself_and_can_be_left_out() -> None:
    assert SERVICES["simulator"]["profiles"] == ["sim"]
    assert "COMPOSE_PROFILES=sim\n" in (ROOT / ".env").read_text()
    assert [name for name, each in SERVICES.items() if "profiles" in each] == ["simulator"]


# The configuration of the stack


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> config.Config:
    """The configuration as the collector's container has it."""
    from tests.integration.compose_stack import Stack

    return config.load(Stack(tmp_path_factory.mktemp("deployed")).path("qingjing", "/etc/qingjing"))


def test_settings_of_the_stack_differ_from_those_shipped_in_broker_store_and_board_only(
    deployed: config.Config, shipped: config.Config
) -> None:
    ours, theirs = deployed.settings, shipped.settings
    for name in theirs.__struct_fields__:
        if name not in ("broker", "store", "board"):
            assert getattr(ours, name) == getattr(theirs, name), name
    assert (ours.store.kind, ours.store.database) == ("influxdb", theirs.store.database)


def test_simulated_gateway_owns_every_station_of_the_city(deployed: config.Config) -> None:
    city = [station for station in deployed.register.stations if station.city == "shenzhen"]
    assert len(city) > 30
    assert {deployed.register.gateway_of(s.medium, s.id) for s in city} == {"simulator"}


def test_plans_of_the_stack_are_the_demonstration_s(deployed: config.Config, shipped: config.Config) -> None:
    model = shipped.plans["demo-2020"]
    assert sorted(plan.year for plan in deployed.plans.values()) == [2026, 2027]
    for plan in deployed.plans.values():
        assert plan.target == model.target
        assert plan.lists == model.lists


def test_the_last_plan_can_be_copied_for_the_next_year_as_the_documentation_says(deployed: config.Config) -> None:
    plans = deployed.directory / "plans"
    (command,) = re.findall(r"^sed .*$", (ROOT / "docs/deployment.md").read_text(encoding="utf-8"), re.MULTILINE)
    before, after = re.findall(r"deploy/qingjing/plans/\S+", command)
    here = command.replace("deploy/qingjing/plans", shlex.quote(str(plans)))
    subprocess.run(["sh", "-c", here], check=True)
    try:
        found = config.load(deployed.directory).plans
    finally:
        (plans / Path(after).name).unlink()
    last, following = found[Path(before).stem], found[Path(after).stem]
    assert last.year == max(plan.year for plan in deployed.plans.values())
    assert (following.year, following.target) == (last.year + 1, last.target)


# The image


def instructions() -> list[tuple[str, str]]:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def copied() -> list[str]:
    """Sources of COPY out of the checkout."""
    arguments = [shlex.split(rest) for word, rest in instructions() if word == "COPY" and "--from" not in rest]
    return [source for words in arguments for source in words[:-1]]


def test_image_has_two_stages_of_one_pinned_base() -> None:
    bases = [rest.split()[0] for word, rest in instructions() if word == "FROM"]
    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+", bases[0])


def test_image_runs_as_nobody_in_particular() -> None:
    users = [rest for word, rest in instructions() if word == "USER"]
    assert users == [f"{secret_files.OWNERS['qingjing']}:{secret_files.OWNERS['qingjing']}"]
    assert secret_files.OWNERS["simulator"] == secret_files.OWNERS["qingjing"]


def test_image_has_the_locked_versions_only() -> None:
    installs = [rest for word, rest in instructions() if word == "RUN" and "pip install" in rest]
    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "-r requirements/run.txt" in installs[0]
    assert "--no-deps" in installs[1]
    assert "--no-build-isolation" in installs[1]


def test_image_is_made_of_files_that_exist() -> None:
    assert len(copied()) > 5
    for source in copied():
        assert (ROOT / source).exists(), source


def test_builder_is_given_all_that_the_image_copies_and_no_more() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert next(line for line in lines if line and not line.startswith("#")) == "*"
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} == set(copied())


def test_image_holds_what_the_wheel_is_made_of() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = build["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["packages"], *wheel["force-include"], build["project"]["readme"], "pyproject.toml"}
    assert needed <= set(copied())


def test_secrets_folder_is_known_to_neither_git_nor_the_builder() -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert any(fnmatch.fnmatch("/secrets/", line) for line in ignored)
