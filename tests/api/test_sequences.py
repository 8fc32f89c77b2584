"""Sequence packages over the API: looked at, sent, refused, chosen for a batch and taken back, on a real station."""

import asyncio
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from station.control.manual import commands_on
from tests.api.conftest import PACKAGES
from tests.api.served import Served
from tests.execution.archives import MANIFEST, SEQUENCE, hostile, packed
from tests.execution.test_archive import tree_hash

ZIP = {"Content-Type": "application/zip"}


def changed(folder: Path, version: str, **files: str) -> bytes:
    """A zip of a package with another version number, and other files."""
    name = folder.name
    content: dict[str, str | bytes] = {
        f"{name}/{file.relative_to(folder).as_posix()}": file.read_bytes()
        for file in folder.rglob("*.*")
        if file.suffix in {".py", ".yaml"}
    }
    manifest = (folder / "manifest.yaml").read_text().replace("version: 1.0.0", f"version: {version}")
    return packed(content | {f"{name}/manifest.yaml": manifest} | {f"{name}/{at}": text for at, text in files.items()})


def send(api: httpx.Client, archive: bytes, where: str = "upload") -> httpx.Response:
    return api.post(f"/api/sequences/{where}", content=archive, headers=ZIP)


def sent(api: httpx.Client, archive: bytes) -> str:
    """Upload a package that can be used; gives its content hash."""
    answer = send(api, archive)
    assert answer.status_code in {200, 201}, answer.text
    return str(answer.json()["package"]["content_hash"])


def activate(api: httpx.Client, batch: str, name: str, content_hash: str) -> httpx.Response:
    wish = {"name": name, "content_hash": content_hash, "reason": "a better limit"}
    return api.post(f"/api/batches/{batch}/sequence/activate", json=wish)


def package_of(served: Served, run_id: str) -> tuple[str, str]:
    """The version a run was pinned to."""
    query = f"SELECT sequence_version, content_hash FROM execution_results WHERE id = '{run_id}'"
    (found,) = served.station.rows(query)
    return (str(found[0]), str(found[1]))


def run(served: Served, api: httpx.Client, batch: str) -> str:
    run_id = served.start(api, batch)
    served.wait_free(api, batch)
    return run_id


def test_s0_31_packages_are_listed_with_who_uses_them(api: httpx.Client) -> None:
    sequences = {sequence["name"]: sequence for sequence in api.get("/api/sequences").json()}

    assert {"quick", "faulty", "slow"} <= set(sequences)
    assert sequences["quick"]["description"] == "For the tests of the command line"
    used = [(use["batch"], use["version"], use["chosen"]) for use in sequences["quick"]["used_by"]]
    assert used == [("quick", "1.0.0", False), ("idle", "1.0.0", False)]


def test_s0_31_what_only_a_folder_has_so_far_says_what_a_start_may_set(api: httpx.Client) -> None:
    slow = next(sequence for sequence in api.get("/api/sequences").json() if sequence["name"] == "slow")
    (version,) = {use["content_hash"] for use in slow["used_by"]}

    answer = api.get("/api/sequences/slow/parameters", params={"version": version})

    assert slow["versions"] == [], "nobody has used it yet"
    assert (answer.status_code, list(answer.json())) == (200, ["seconds"])


def test_a_package_is_called_what_it_is_called_in_each_language(api: httpx.Client) -> None:
    words = "version: 3.0.0\ndisplay_name: {ko: 시험, en: Trial}\ndescription: {ko: 무엇을}"
    manifest = MANIFEST.replace("version: 1.2.3", words).replace("name: demo", "name: told")
    archive = packed({"told/manifest.yaml": manifest, "told/sequence.py": SEQUENCE})
    findings = send(api, archive, "validate").json()["findings"]

    sent(api, archive)
    detail = api.get("/api/sequences/told").json()
    (listed,) = [each for each in api.get("/api/sequences").json() if each["name"] == "told"]

    assert "UNKNOWN_KEY" not in {finding["code"] for finding in findings}
    for each in (detail, listed):
        assert (each["title"], each["display_name"]) == ({"ko": "시험", "en": "Trial"}, "Trial")
        assert (each["about"], each["description"]) == ({"ko": "무엇을", "en": "무엇을"}, "무엇을")
    assert api.get("/api/sequences/quick").json()["title"] == {"ko": "quick", "en": "quick"}


def test_s0_31_a_package_says_what_it_is_and_what_a_start_may_set(api: httpx.Client) -> None:
    detail = api.get("/api/sequences/quick").json()
    parameters = api.get("/api/sequences/quick/parameters").json()

    assert (detail["manifest"]["limits"]["rail"]["low"], detail["version"]) == (4.5, "1.0.0")
    assert [(step["name"], step["cleanup"]) for step in detail["steps"]] == [
        ("look", False), ("weigh", False), ("tidy", True),
    ]  # fmt: skip
    assert detail["graph"] == [{"kind": "needs", "step": "weigh", "target": "look"}]
    assert detail["parameters"] == parameters
    assert (parameters["voltage"]["type"], parameters["voltage"]["default"], parameters["voltage"]["unit"]) == (
        "float", 5.0, "V",
    )  # fmt: skip


def test_s0_65_a_version_is_sent_compared_activated_and_rolled_back(served: Served, api: httpx.Client) -> None:
    first = run(served, api, "quick")
    old = package_of(served, first)[1]
    new = sent(api, changed(PACKAGES / "quick", "1.1.0", **{"notes.txt": "better"}))

    diff = api.get(f"/api/sequences/quick/versions/{old[:12]}/diff/{new}").json()
    unused = package_of(served, run(served, api, "quick"))
    chosen = activate(api, "quick", "quick", new[:12])
    used = package_of(served, run(served, api, "quick"))
    other_batch = {use["batch"]: use["version"] for use in _entry(api, "quick")["used_by"]}
    back = api.post("/api/batches/quick/sequence/rollback", json={"reason": "worse after all"})
    after = package_of(served, run(served, api, "quick"))
    nothing = api.post("/api/batches/quick/sequence/rollback", json={"reason": "again"})

    assert [(file["path"], file["change"]) for file in diff["files"]] == [
        ("manifest.yaml", "changed"), ("notes.txt", "added"),
    ]  # fmt: skip
    assert diff["manifest"] == [{"path": "version", "before": "1.0.0", "after": "1.1.0"}]
    assert "+version: 1.1.0" in diff["files"][0]["diff"]
    assert unused == ("1.0.0", old)
    assert chosen.json()["package"]["content_hash"] == new
    assert used == ("1.1.0", new)
    assert other_batch == {"quick": "1.1.0", "idle": "1.0.0"}
    assert (back.json()["package"], after) == (None, ("1.0.0", old))
    assert (nothing.status_code, nothing.json()["error"]) == (409, "NOTHING_TO_ROLL_BACK")
    deeds = served.station.rows("SELECT action, target, reason, actor FROM audit WHERE action != 'start' ORDER BY id")
    assert [deed for deed in deeds if deed[0] in {"upload", "activate", "rollback"}][-3:] == [
        ("upload", "quick", "", "127.0.0.1"),
        ("activate", "quick", "a better limit", "127.0.0.1"),
        ("rollback", "quick", "worse after all", "127.0.0.1"),
    ]


def test_rolling_back_goes_further_back_each_time(api: httpx.Client) -> None:
    hashes = [sent(api, changed(PACKAGES / "faulty", f"1.0.{number}")) for number in (1, 2)]
    for content_hash in hashes:
        activate(api, "faulty", "faulty", content_hash)

    backs = [api.post("/api/batches/faulty/sequence/rollback", json={"reason": "back"}).json() for _ in range(2)]

    assert [back["package"] and back["package"]["content_hash"] for back in backs] == [hashes[0], None]
    assert [len(back["history"]) for back in backs] == [3, 4]


def test_s0_65_a_run_under_way_keeps_the_version_it_was_started_with(served: Served, api: httpx.Client) -> None:
    running = served.start(api, "slow")
    new = sent(api, changed(PACKAGES / "slow", "2.0.0"))

    activate(api, "slow", "slow", new)
    meanwhile = api.get("/api/batches/slow").json()
    api.post("/api/batches/slow/sequence/stop", json={})
    served.wait_free(api, "slow")
    following = served.start(api, "slow")
    api.post("/api/batches/slow/sequence/stop", json={})
    served.wait_free(api, "slow")

    assert (meanwhile["execution_id"], package_of(served, running)[0]) == (running, "1.0.0")
    assert package_of(served, following) == ("2.0.0", new)


def test_manual_control_uses_the_version_that_was_chosen_too(served: Served, api: httpx.Client) -> None:
    more = (
        (PACKAGES / "quick" / "sequence.py")
        .read_text()
        .replace("step(20)\n    async def weigh", "step(20)\n    async def heft")
    )
    activate(api, "idle", "quick", sent(api, changed(PACKAGES / "quick", "1.3.0", **{"sequence.py": more})))
    station = served.station

    by_hand = {
        batch: asyncio.run(commands_on(station.config, station.layout, batch)).steps for batch in ("idle", "quick")
    }

    assert by_hand == {"idle": ["look", "heft", "tidy"], "quick": ["look", "weigh", "tidy"]}


def test_the_command_line_does_the_same(served: Served, api: httpx.Client, tmp_path: Path) -> None:
    station, file = served.station, tmp_path / "faulty.zip"
    file.write_bytes(changed(PACKAGES / "faulty", "3.0.0"))

    kept = station.cli("sequence", "upload", str(file))
    content_hash = kept.stdout.partition("(")[2].partition(")")[0]
    chosen = station.cli(
        "sequence", "activate", "faulty", "--name", "faulty", "--version", content_hash, "--reason", "by hand"
    )
    listed = json.loads(station.cli("sequence", "list", "--json").stdout)
    shown = station.cli("sequence").stdout
    over_http = api.get("/api/batches/faulty/sequence").json()
    back = station.cli("sequence", "rollback", "faulty", "--reason", "no")
    without = station.cli("sequence", "rollback", "faulty")

    assert kept.stdout == f"faulty 3.0.0 ({content_hash}) is kept; no batch uses it yet\n"
    assert chosen.stdout == f"the next run of faulty uses faulty 3.0.0 ({content_hash})\n"
    uses = {use["batch"]: use for entry in listed for use in entry["used_by"]}
    assert (uses["faulty"]["content_hash"][:12], uses["faulty"]["reason"]) == (content_hash, "by hand")
    assert content_hash in shown
    assert over_http["package"]["version"] == "3.0.0"
    assert back.returncode == 0
    assert (without.returncode, "say why" in without.stderr) == (2, True)


@pytest.mark.parametrize(
    ("manifest", "problem"),
    [
        (
            "hardware: {dmm: {driver: drivers.dmm, class: Dmm, config_schema: {port: {type: string}}}}\n",
            "it needs dmm, which is not wired to the batch",
        ),
        ("", ""),
    ],
)
def test_a_version_that_does_not_fit_the_batch_is_refused(api: httpx.Client, manifest: str, problem: str) -> None:
    driver = "from station.sdk import Driver\nclass Dmm(Driver):\n    async def connect(self): ...\n"
    driver += "    async def disconnect(self): ...\n    async def make_safe(self): ...\n"
    files = {"manifest.yaml": MANIFEST + manifest, "sequence.py": SEQUENCE, "drivers/dmm.py": driver}
    content_hash = sent(api, packed({f"demo/{name}": text for name, text in files.items()}))

    answer = activate(api, "idle", "demo", content_hash)

    if problem:
        assert (answer.status_code, answer.json()["error"]) == (409, "VERSION_DOES_NOT_FIT")
        assert answer.json()["details"]["problems"] == [problem]
    else:
        assert answer.json()["package"]["name"] == "demo"


def test_a_version_that_is_not_there_is_not_found(api: httpx.Client) -> None:
    answers = [
        activate(api, "quick", "quick", "0" * 64),
        activate(api, "quick", "nothing", "0" * 64),
        api.get("/api/sequences/nothing"),
        api.get("/api/sequences/nothing/versions"),
        api.get("/api/sequences/quick", params={"version": "0" * 64}),
        api.get(f"/api/sequences/quick/versions/{'0' * 64}/diff/{'1' * 64}"),
    ]

    assert [(one.status_code, one.json()["error"]) for one in answers] == [(404, "SEQUENCE_NOT_FOUND")] * len(answers)


def test_sending_the_same_twice_is_one_version(api: httpx.Client) -> None:
    archive = packed({"manifest.yaml": MANIFEST, "sequence.py": SEQUENCE, "once.txt": "1"})

    answers = [send(api, archive), api.post("/api/sequences/upload", files={"file": ("demo.zip", archive)})]

    assert [(one.status_code, one.json()["new"]) for one in answers] == [(201, True), (200, False)]
    assert answers[0].json()["package"] == answers[1].json()["package"]


def test_a_package_is_validated_and_not_kept(served: Served, api: httpx.Client) -> None:
    before = tree_hash(served.station.layout.packages)
    broken = SEQUENCE.replace("@step(1)", "@step(1, uses=['x'])") + "\nimport time\n"

    good = send(api, packed({"x/manifest.yaml": MANIFEST, "x/sequence.py": SEQUENCE}), "validate").json()
    bad = send(api, packed({"demo/manifest.yaml": MANIFEST, "demo/sequence.py": broken}), "validate").json()
    none = send(api, packed({"demo/readme.txt": "hello"}), "validate").json()

    assert (good["valid"], [finding["code"] for finding in good["findings"]][:1]) == (False, ["NAME_MISMATCH"])
    assert (bad["valid"], [(finding["code"], finding["file"]) for finding in bad["findings"]][:1]) == (
        False,
        [("INVALID_SCHEMA", "sequence.py")],
    )
    assert (none["valid"], none["findings"][0]["code"]) == (False, "MISSING_FILE")
    assert tree_hash(served.station.layout.packages) == before


def test_e17_hostile_archives_are_refused_at_once_and_leave_nothing(served: Served, api: httpx.Client) -> None:
    data = served.station.layout.data
    before, files = tree_hash(served.station.layout.packages), set(data.iterdir())

    for name, archive in hostile().items():
        began = time.monotonic()
        answer = send(api, archive)
        took = time.monotonic() - began
        body = answer.json()

        assert (answer.status_code, body["error"]) in {
            (422, "ARCHIVE_REFUSED"), (413, "ARCHIVE_TOO_LARGE"),
        }, (name, body)  # fmt: skip
        assert took <= 1, name

    assert tree_hash(served.station.layout.packages) == before
    assert set(data.iterdir()) == files


def test_e17_a_body_that_is_too_large_is_cut_off(served: Served, api: httpx.Client) -> None:
    limit = served.station.config.server.upload_bytes

    def endless() -> Iterator[bytes]:
        for _ in range(limit // 2**20 + 2):
            yield b"\0" * 2**20

    refused = api.post("/api/sequences/upload", content=endless())
    process = psutil.Process(json.loads(served.station.layout.api.read_text())["pid"])

    assert (refused.status_code, refused.json()["error"]) == (413, "PAYLOAD_TOO_LARGE")
    assert process.memory_info().rss < 400 * 2**20


HOSTILE_CODE = {
    "exit": "import os\nos._exit(3)",
    "two-gigabytes": "x = bytearray(2 << 30)",
    "fork-loop": "import os\nwhile True: os.fork()",
    "prints": "for _ in range(1000): print('x' * 1_000_000)\nraise SystemExit",
}


def test_e16_hostile_code_is_refused_while_everything_else_goes_on(served: Served, api: httpx.Client) -> None:
    used = api.get("/api/batches/quick/sequence").json()["package"]
    slowest = 0.0

    with ThreadPoolExecutor(1) as sender, served.client() as other:
        refusals = sender.submit(
            lambda: {
                name: send(api, packed({"demo/manifest.yaml": MANIFEST, "demo/sequence.py": code}))
                for name, code in HOSTILE_CODE.items()
            }
        )
        runs = 0
        while not refusals.done():
            began = time.monotonic()
            other.get("/api/batches").raise_for_status()
            slowest = max(slowest, time.monotonic() - began)
            if runs < 3:
                run(served, other, "quick")
                runs += 1
            time.sleep(0.05)

    for name, answer in refusals.result().items():
        body = answer.json()
        assert (answer.status_code, body["error"]) == (422, "PACKAGE_INVALID"), (name, body)
        assert body["details"]["findings"][0]["file"] == "sequence.py", name
        assert body["details"]["findings"][0]["line"] is not None, name
    assert slowest < 1
    assert runs == 3
    assert api.get("/api/batches/quick/sequence").json()["package"] == used


def _entry(api: httpx.Client, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in api.get("/api/sequences").json() if one["name"] == name)
    return found
