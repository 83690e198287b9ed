"""bootstrap.py: sets up once, says clearly what is wrong, passes exit codes on."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def boot(tmp_path: Path) -> ModuleType:
    """Return bootstrap.py as a module that works on a small project of its own."""
    for name in ("bootstrap.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "requirements.lock").write_text("# nothing\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("boot", tmp_path / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def quick(boot: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace making and filling the environment by notes of what was done."""
    done: list[str] = []

    def create(_: object) -> None:
        done.append("created")
        boot.venv_program("python").parent.mkdir(parents=True, exist_ok=True)
        boot.venv_program("python").touch()

    monkeypatch.setattr(boot, "create_venv", create)
    monkeypatch.setattr(boot, "install", lambda _: done.append("installed") or "pip")
    return done


def test_installs_once_and_again_when_the_lock_changes(boot: ModuleType, quick: list[str]) -> None:
    boot.ensure_installed()
    boot.ensure_installed()
    assert quick == ["created", "installed"]
    boot.LOCK.write_text("# changed\n", encoding="utf-8")
    boot.ensure_installed()
    assert quick == ["created", "installed"] * 2


def test_an_interrupted_installation_is_repaired(
    boot: ModuleType, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(boot, "install", broken)
        with pytest.raises(KeyboardInterrupt):
            boot.ensure_installed()
    assert not boot.STAMP.exists()
    boot.ensure_installed()
    assert quick[-1] == "installed"


def test_only_a_living_installation_is_waited_for(
    boot: ModuleType, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        f"import sys, time; sys.path.insert(0, {str(boot.ROOT)!r}); import bootstrap\n"
        "with bootstrap.OneAtATime():\n    print('held', flush=True)\n    time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        monkeypatch.setattr(boot, "WAIT_FOR_OTHER_SECONDS", 1)
        with pytest.raises(boot.BootstrapError, match="another bootstrap has been installing"):
            boot.ensure_installed()
        assert quick == []
        holder.kill()
    boot.ensure_installed()
    assert quick == ["created", "installed"]


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_a_failed_installation_shows_the_log(
    boot: ModuleType, monkeypatch: pytest.MonkeyPatch, installer: str
) -> None:
    # This environment itself has no pip where uv made it.
    uv = shutil.which("uv") if installer == "uv" else None
    if uv is None and (installer == "uv" or find_spec("ensurepip") is None):
        pytest.skip(f"there is no {installer} here")
    boot.create_venv(uv)
    line = f"no-such-package-at-all==1.0 --hash=sha256:{'0' * 64}\n"
    boot.LOCK.write_text(line, encoding="utf-8")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_NO_INDEX", "1")
    with pytest.raises(boot.BootstrapError) as caught:
        boot.install(uv)
    assert "Is the network up" in str(caught.value)
    assert "install.log" in str(caught.value)
    assert "no-such-package-at-all" in str(caught.value)


@pytest.mark.parametrize(("broken", "used"), [("", "/x/uv"), ("/x/uv", "pip")])
def test_uv_of_the_lock_installs_and_pip_where_it_cannot(
    boot: ModuleType, monkeypatch: pytest.MonkeyPatch, broken: str, used: str
) -> None:
    boot.VENV.mkdir()
    lock = "uncurl==1 \\\n    --hash=x\nuv==0.9 \\\n    --hash=y\n    # via a\nvalid==2 \\\n"
    boot.LOCK.write_text(lock, encoding="utf-8")
    called: list[list[str]] = []

    def call(command: list[str], _: object) -> int:
        called.append(command)
        return int(command[0] == broken)

    monkeypatch.setattr(boot, "call_logged", call)
    monkeypatch.setattr(boot, "venv_program", lambda name: f"/x/{name}")
    assert used in boot.install(None)
    wanted = Path(called[0][-1]).read_text(encoding="utf-8")
    assert wanted == "uv==0.9 \\\n    --hash=y\n    # via a\n"
    assert "--require-hashes" in called[0]
    assert "--require-hashes" in called[1]


def test_what_pip_was_told_is_handed_on(boot: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    said = b"global.index-url='https://x/simple'\n:env:.cert='/c.pem'\nglobal.timeout='9'\n"
    done = subprocess.CompletedProcess([], 0, stdout=said)
    monkeypatch.setattr(boot.subprocess, "run", lambda *_, **__: done)
    wanted = {"UV_DEFAULT_INDEX": "https://x/simple", "SSL_CERT_FILE": "/c.pem"}
    assert boot.read_pip_options() == wanted


def test_python_that_is_too_old_is_told(boot: ModuleType) -> None:
    with pytest.raises(boot.BootstrapError, match=r"Python 3\.11 or newer is needed, this is 3\.9"):
        boot.check_python((3, 9, 18))
    boot.check_python((3, 11, 0))


def test_every_old_python_at_hand_says_so() -> None:
    old = [p for v in range(6, 11) if (p := shutil.which(f"python3.{v}"))]
    for program in old:
        probe = subprocess.run([program, "-c", "1"], check=False, capture_output=True)
        if probe.returncode:
            continue
        ended = subprocess.run(
            [program, str(ROOT / "bootstrap.py"), "report"],
            check=False,
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 2
        assert ended.stderr.startswith("error: Python 3.11 or newer is needed")
        assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["reprot"], ["--reprot"]])
def test_no_or_unknown_job(arguments: list[str]) -> None:
    command = [sys.executable, str(ROOT / "bootstrap.py"), *arguments]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 2
    assert "choose one of: report, test, lab, docs, lock" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_help_names_the_two_commands() -> None:
    command = [sys.executable, str(ROOT / "bootstrap.py"), "--help"]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "python bootstrap.py report" in ended.stdout
    assert "python bootstrap.py test" in ended.stdout


def test_a_folder_that_cannot_be_written(boot: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(boot.tempfile, "mkstemp", refuse)
    with pytest.raises(boot.BootstrapError, match=r"cannot be written \(Read-only file system\)"):
        boot.ensure_installed()


def test_a_file_in_the_place_of_the_environment(boot: ModuleType) -> None:
    boot.VENV.write_text("", encoding="utf-8")
    with pytest.raises(boot.BootstrapError, match=r"\.venv is a file or a link"):
        boot.create_venv(None)


def test_a_missing_lock_is_told(boot: ModuleType) -> None:
    boot.LOCK.unlink()
    with pytest.raises(boot.BootstrapError, match=r"requirements\.lock is missing"):
        boot.ensure_installed()


def test_exit_code_of_the_job_is_passed_on(
    boot: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    limits: list[object] = []

    def call(command: list[str], *, timeout: object, **_: object) -> int:
        asked.append(command)
        limits.append(timeout)
        return 3

    monkeypatch.setattr(boot, "ensure_installed", lambda: None)
    monkeypatch.setattr(boot.subprocess, "call", call)
    ended: list[str] = []
    compiling = SimpleNamespace(
        terminate=lambda: ended.append("asked"), wait=lambda: ended.append("waited")
    )
    monkeypatch.setattr(boot.subprocess, "Popen", lambda *_, **__: compiling)
    assert boot.main(["report", "--region", "SE"]) == 3
    assert asked[0][1:] == ["-m", "innocap_analysis.cli", "report", "--region", "SE"]
    assert boot.main(["test"]) == 1
    assert [command[2] for command in asked[1:]] == ["ruff", "ruff", "mypy", "pytest", "pytest"]
    assert ended == ["asked", "waited"]
    assert boot.main(["lab"]) == 3
    assert boot.main(["docs"]) == 3
    assert asked[-1][2:] == ["sphinx", "-W", "--keep-going", "-q", "docs", "docs/_build"]
    # Only tests are bounded: nobody's session or batch is ended for being long.
    assert limits == [None, *[boot.STEP_LIMIT_SECONDS] * 5, None, None]


def test_other_packages_are_kept_out(boot: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    kept = boot.clean_environment(EXTRA="1")
    assert "PYTHONPATH" not in kept
    assert kept["EXTRA"] == "1"
    assert kept["PATH"].startswith(str(boot.venv_program("python").parent))


def test_bytecode_is_kept_out_of_the_sources_but_kept(
    boot: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    assert "PYTHONPYCACHEPREFIX" not in boot.clean_environment()
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    kept = boot.clean_environment()
    assert "PYTHONDONTWRITEBYTECODE" not in kept
    assert Path(kept["PYTHONPYCACHEPREFIX"]).parent == boot.VENV


def test_the_stamp_is_readable(boot: ModuleType, quick: list[str]) -> None:
    boot.ensure_installed()
    assert set(json.loads(boot.STAMP.read_text(encoding="utf-8"))) == {
        "fingerprint", "python", "installer",
    }  # fmt: skip
    boot.STAMP.write_text("{", encoding="utf-8")
    assert not boot.is_installed(boot.fingerprint())
