"""Set the project up in ``.venv`` and run one of its jobs.

    python bootstrap.py report    the capacity report of every country, from the raw figures
    python bootstrap.py test      everything that shows that it works
    python bootstrap.py lab       JupyterLab on the notebooks
    python bootstrap.py docs      the documentation, into docs/_build
    python bootstrap.py lock      make requirements.lock anew from pyproject.toml (needs uv)

Only the standard library is used, and the syntax of old Pythons, so that a Python that is too
old can say so.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

NEEDED = (3, 11)
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "bootstrap.json"
LOG = VENV / "install.log"
LOG_LINES_SHOWN = 8
WAIT_FOR_OTHER_SECONDS = 900
STEP_LIMIT_SECONDS = 1800
STEPS = (
    ("--require-hashes", "-r", str(LOCK)),
    ("--no-deps", "--no-build-isolation", "-e", str(ROOT)),
)

# Kernels forked from a loaded process; the plain way where that cannot be.
WARM_KERNELS = "warmill"
KERNELS_PLUGIN = "warmill.notebook_tests"

JOBS = ("report", "test", "lab", "docs", "lock")


class BootstrapError(Exception):
    """Something the user can mend; the text says how."""


def check_python(version: "tuple[int, ...] | None" = None) -> None:
    """Raise when this Python is too old."""
    found = tuple(version or sys.version_info[:3])
    if found < NEEDED:
        raise BootstrapError(
            "Python {} or newer is needed, this is {}. Run this file with a newer one, "
            "for example: python3.12 bootstrap.py report".format(
                ".".join(map(str, NEEDED)), ".".join(map(str, found))
            )
        )


def venv_program(name: str) -> Path:
    """Return the path of a program inside the virtual environment."""
    if os.name == "nt":
        return VENV / "Scripts" / (name + ".exe")
    return VENV / "bin" / name


def fingerprint() -> str:
    """Return what the installation depends on; another value means installing again."""
    digest = hashlib.sha256()
    for file in (LOCK, ROOT / "pyproject.toml"):
        try:
            digest.update(file.read_bytes())
        except OSError:
            raise BootstrapError(
                "{} is missing; restore it with: git checkout {}".format(file.name, file.name)
            ) from None
    # An editable install holds this path, and a virtual environment its interpreter's.
    digest.update("{} {} {}".format(sys.version, sys.base_prefix, ROOT).encode())
    return digest.hexdigest()


def is_installed(wanted: str) -> bool:
    """Tell whether the virtual environment was completed for this fingerprint."""
    try:
        done = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(done.get("fingerprint") == wanted and venv_program("python").exists())


def ensure_installed() -> None:
    """Create the virtual environment and install into it, unless that was done before."""
    wanted = fingerprint()
    if is_installed(wanted):
        return
    check_writable()
    with OneAtATime():
        if is_installed(wanted):  # another call did it while this one waited
            return
        started = time.monotonic()
        STAMP.unlink(missing_ok=True)
        uv = shutil.which("uv")
        tell("Creating .venv with Python {}.{}.{}".format(*sys.version_info[:3]))
        create_venv(uv)
        tell("Installing {} (the first time takes a few minutes)".format(LOCK.name))
        installer = install(uv)
        done = {"fingerprint": wanted, "python": sys.version, "installer": installer}
        STAMP.write_text(json.dumps(done, indent=2) + "\n", encoding="utf-8")
        tell("Installed in {:.0f} s".format(time.monotonic() - started))


def check_writable() -> None:
    """Raise when nothing can be written beside this file."""
    try:
        handle, name = tempfile.mkstemp(dir=str(ROOT), prefix=".bootstrap-")
        os.close(handle)
        Path(name).unlink()
    except OSError as error:
        raise BootstrapError(
            "{} cannot be written ({}). Copy the project to a folder of your own and run it "
            "there".format(ROOT, error.strerror)
        ) from None


class OneAtATime:
    """Keep two calls from installing into the same folder: the second waits for the first.

    The lock is the system's own on an open file: it is lifted when its holder ends, however
    that ends, so that an installation that was killed keeps nobody waiting.
    """

    path = ROOT / ".bootstrap.lock"

    def __enter__(self) -> None:
        """Take the lock, or wait until it is free."""
        until = time.monotonic() + WAIT_FOR_OTHER_SECONDS
        told = False
        self._handle = os.open(str(self.path), os.O_CREAT | os.O_RDWR)
        while not lock_file(self._handle):
            if not told:
                tell("Waiting for another bootstrap to finish")
                told = True
            if time.monotonic() > until:
                os.close(self._handle)
                raise BootstrapError(
                    "another bootstrap has been installing for {} minutes; end it, and run this "
                    "again".format(WAIT_FOR_OTHER_SECONDS // 60)
                )
            time.sleep(0.5)

    def __exit__(self, *_: object) -> None:
        """Free the lock; the empty file stays."""
        os.close(self._handle)


def lock_file(handle: int) -> bool:
    """Lock an open file, unless another process has."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def create_venv(uv: "str | None") -> None:
    """Make an empty virtual environment, in place of an earlier or broken one."""
    if VENV.is_file() or VENV.is_symlink():
        raise BootstrapError(".venv is a file or a link; remove it, a folder is made there")
    import venv

    try:
        venv.EnvBuilder(clear=True, with_pip=uv is None, symlinks=os.name != "nt").create(str(VENV))
    except (OSError, subprocess.CalledProcessError, ImportError) as error:
        raise BootstrapError(
            "a virtual environment cannot be made ({}). On Debian and Ubuntu install the "
            "package python3-venv and run this again".format(error)
        ) from None


def install(uv: "str | None") -> str:
    """Install the locked packages, each checked by its hash, then the project itself.

    By uv, which takes seconds where pip takes minutes: the user's own, else the one of the lock.
    Where uv cannot (it reads no pip configuration beyond what is handed on here), pip does.
    """
    python = str(venv_program("python"))
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--no-input"]
    with LOG.open("w", encoding="utf-8", errors="replace") as log:
        tools = [pip] if uv is None else []
        uv = uv or fetch_uv(pip, log)
        if uv:
            tools.insert(0, [uv, "pip", "install", "--python", python])
        for tool in tools:
            if all(call_logged([*tool, *step], log) == 0 for step in STEPS):
                return " ".join(tool[:4])
    text = LOG.read_text(encoding="utf-8", errors="replace")
    # pip names every package of other platforms; that says nothing about the failure.
    lines = [line for line in text.splitlines() if not line.startswith("Ignoring ")]
    raise BootstrapError(
        "the packages could not be installed. Is the network up, and is the package index "
        "reachable? The whole log is in {}; it ends with:\n  {}".format(
            LOG.relative_to(ROOT), "\n  ".join(lines[-LOG_LINES_SHOWN:])
        )
    )


def fetch_uv(pip: "list[str]", log: "IO[str]") -> "str | None":
    """Install uv alone, as the lock has it; return its path, or None where that fails."""
    lines = LOCK.read_text(encoding="utf-8").splitlines(keepends=True)
    first = next((i for i, line in enumerate(lines) if line.startswith("uv==")), None)
    if first is None:
        return None
    block = lines[first : first + 1]
    for line in lines[first + 1 :]:
        if not line.startswith(" "):
            break
        block.append(line)
    wanted = VENV / "uv.txt"
    wanted.write_text("".join(block), encoding="utf-8")
    code = call_logged([*pip, "--require-hashes", "--no-deps", "-r", str(wanted)], log)
    return str(venv_program("uv")) if code == 0 else None


def call_logged(command: "list[str]", log: "IO[str]") -> int:
    """Run a command whose output goes into the log; return its exit code."""
    return subprocess.call(
        command,
        stdout=log,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        cwd=str(ROOT),
        env=clean_environment(**read_pip_options()),
    )


def read_pip_options() -> "dict[str, str]":
    """Return the package index and certificate that pip was told, in uv's words."""
    program = str(venv_program("python"))
    command = [program, "-m", "pip", "config", "list"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    words = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}
    found = {}
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition("=")
        word = words.get(name.rpartition(".")[2])
        if word:
            found[word] = value.strip("'\"")
    return found


def clean_environment(**extra: str) -> "dict[str, str]":
    """Return the environment without what would let other packages in."""
    unwanted = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    # Kernels are looked up in this environment first, whatever the user has at home.
    kept["JUPYTER_PREFER_ENV_PATH"] = "1"
    # Who wants no bytecode beside the sources has it in .venv: without any, each of many
    # processes compiles thousands of modules anew, which takes longer than what it is to do.
    if kept.pop("PYTHONDONTWRITEBYTECODE", ""):
        kept.setdefault("PYTHONPYCACHEPREFIX", str(VENV / "pycache"))
    kept["PATH"] = str(venv_program("python").parent) + os.pathsep + kept.get("PATH", "")
    kept.update(extra)
    return kept


def run(arguments: "list[str]", limit: "int | None" = None, **extra: str) -> int:
    """Run a Python module inside the virtual environment and return its exit code."""
    command = [str(venv_program("python")), "-m", *arguments]
    try:
        return subprocess.call(
            command, cwd=str(ROOT), env=clean_environment(**extra), timeout=limit
        )
    except subprocess.TimeoutExpired:
        tell("{} was ended after {} s".format(arguments[0], limit))
        return 1


def run_tests(extra: "list[str]") -> int:
    """Run every check, the later ones even when an earlier one fails."""
    # By file, because the tests of a file share what is dear; in the order of `testpaths`, because
    # the dearest files have few tests and would come last.
    # One more than two processors: tests wait for browsers, pipes and processes that start.
    spread = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]
    several = (os.cpu_count() or 1) > 1
    workers = spread if several else []
    steps = (
        ("formatting", ["ruff", "format", "--check", "."]),
        ("lint", ["ruff", "check", "."]),
        ("types", ["mypy", *(["-n", "2"] if several else [])]),
        ("tests", ["pytest", "-p", "no:nbval", *workers, *extra]),
        ("notebooks", ["pytest", "-p", KERNELS_PLUGIN, "--nbval-lax", "notebooks", *workers]),
    )
    warm = {"WARMILL_IDLE": "20"}
    # Workers share the processors already: threads of numeric libraries would wait for each other.
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    usual = {name: os.environ.get(name, "1") for name in threads}
    results = []
    # All tests are compiled once, beside the first steps, instead of by each of the workers.
    collect = ["-m", "pytest", "-p", "no:nbval", "--collect-only", "-q"]
    compiling = subprocess.Popen(
        [str(venv_program("python")), *collect],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        cwd=str(ROOT),
        env=clean_environment(),
    )
    for name, arguments in steps:
        if name == "tests":
            compiling.terminate()  # where much is left, the workers share it
            compiling.wait()
        tell(name)
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="innocap-") as outputs:
            extra_environment = {**usual, **(warm if name == "notebooks" else {})}
            code = run(arguments, STEP_LIMIT_SECONDS, INNOCAP_OUTPUT=outputs, **extra_environment)
        results.append((name, code, time.monotonic() - started))
    tell("Summary")
    for name, code, seconds in results:
        tell("  {:<11} {}  {:.0f} s".format(name, "ok    " if code == 0 else "FAILED", seconds))
    return 1 if any(code for _, code, _ in results) else 0


def make_lock() -> int:
    """Resolve pyproject.toml for every platform into hashes, without addresses."""
    uv = shutil.which("uv")
    if uv is None:
        raise BootstrapError("making the lock needs uv; install it with: pip install uv")
    options = "--universal --generate-hashes --no-header --no-emit-index-url --extra test --quiet"
    command = [uv, "pip", "compile", "pyproject.toml", *options.split(), "-o", LOCK.name]
    return subprocess.call(command, cwd=str(ROOT))


def tell(text: str) -> None:
    """Print a line at once, in order with what the jobs print."""
    print(text, flush=True)


def main(arguments: "list[str]") -> int:
    """Do one job and return the exit code."""
    check_python()
    if arguments and arguments[0] in ("-h", "--help"):
        tell(__doc__.strip())
        return 0
    if not arguments or arguments[0] not in JOBS:
        wrong = "unknown job {!r}".format(arguments[0]) if arguments else "no job given"
        raise BootstrapError("{}; choose one of: {}".format(wrong, ", ".join(JOBS)))
    job, extra = arguments[0], arguments[1:]
    if job == "lock":
        return make_lock()
    ensure_installed()
    if job == "test":
        return run_tests(extra)
    if job == "lab":
        return run(
            ["jupyterlab", "notebooks", *extra], JUPYTER_DEFAULT_PROVISIONER_NAME=WARM_KERNELS
        )
    if job == "docs":
        code = run(["sphinx", "-W", "--keep-going", "-q", "docs", "docs/_build", *extra])
        tell("Open docs/_build/index.html" if code == 0 else "The documentation was not built")
        return code
    return run(["innocap_analysis.cli", "report", *extra])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except BootstrapError as error:
        print("error: {}".format(error), file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
