"""Jupyter kernels forked from a loaded process: kernels like any other, but quick to start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty

import nbformat
import pytest
from jupyter_client.manager import KernelManager, start_new_kernel
from jupyter_client.provisioning import KernelProvisionerFactory

from warmill import kernels, provisioner
from warmill.processes import can_fork

pytestmark = pytest.mark.skipif(not can_fork(), reason="kernels are forked on Linux only")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder for the server's socket; the server in it is ended afterwards."""
    folder = tmp_path_factory.mktemp("run")
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_RUNTIME_DIR", str(folder))
    patch.setenv(KernelProvisionerFactory.default_provisioner_name_env, provisioner.NAME)
    patch.setenv("WARMILL_IDLE", "30")
    patch.setenv("WARMILL_WAIT", "1")
    patch.setenv(kernels.LOAD_VARIABLE, "")  # nothing of what happens to be installed here
    KernelProvisionerFactory.clear_instance()
    yield folder
    for pid in find_servers(folder):
        os.kill(pid, signal.SIGTERM)
    patch.undo()
    KernelProvisionerFactory.clear_instance()


def find_servers(folder: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if b"warmill.kernels" in command and str(folder).encode() in command:
            found.append(int(entry.name))
    return found


class Kernel:
    """A kernel to talk to."""

    def __init__(self) -> None:
        self.manager: KernelManager
        self.manager, self.client = start_new_kernel(kernel_name="python3")

    @property
    def pid(self) -> int:
        return int(self.manager.provisioner.pid)

    def run(self, code: str) -> str:
        shown: list[str] = []

        def take(message: dict) -> None:
            content = message["content"]
            shown.append(content.get("text", "") or content.get("ename", ""))
            shown.extend(content.get("data", {}))

        self.client.execute_interactive(code, output_hook=take, timeout=60)
        return " ".join(part for part in shown if part)

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(home: Path) -> Iterator[Kernel]:
    """Return a warm kernel."""
    one = Kernel()
    assert isinstance(one.manager.provisioner, provisioner.WarmProvisioner)
    yield one
    one.close()


def is_gone(pid: int, seconds: float = 5) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.05)
    return False


def test_a_warm_kernel_is_a_fresh_one(kernel: Kernel, home: Path, tmp_path: Path) -> None:
    loaded = "import sys\n'matplotlib.pyplot' in sys.modules and print(True)"
    assert "True" in kernel.run(loaded)
    assert len(list(home.glob("*/*.sock"))) == 1
    assert os.getpgid(kernel.pid) == kernel.pid
    assert "image/png" in kernel.run("import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    kernel.run("import json\njson.spoiled = 1")
    other = Kernel()
    try:
        assert len(list(home.glob("*/*.sock"))) == 1  # the same server serves both
        assert "AttributeError" in other.run("import json\njson.spoiled")
        draw = "import numpy as np\nprint(np.random.rand())"
        assert kernel.run(draw) != other.run(draw)
        assert Path.cwd().name in other.run("import os\nprint(os.getcwd())")
    finally:
        other.close()
    assert is_gone(other.pid)


def test_a_kernel_can_be_interrupted_restarted_and_killed(kernel: Kernel) -> None:
    kernel.client.execute("import time\ntime.sleep(60)")
    time.sleep(1)
    kernel.manager.interrupt_kernel()
    reply = kernel.client.get_shell_msg(timeout=10)
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    before = kernel.pid
    kernel.manager.restart_kernel(now=True)
    kernel.client.wait_for_ready(timeout=30)
    assert kernel.pid != before
    assert is_gone(before)
    assert "NameError" in kernel.run("time.sleep(0)")
    kernel.client.execute("import os\nos._exit(3)")
    assert is_gone(kernel.pid)
    assert not kernel.manager.is_alive()
    with pytest.raises(Empty):
        kernel.client.get_shell_msg(timeout=0.1)


def test_a_kernel_ends_with_who_asked_for_it(home: Path) -> None:
    code = (
        "from jupyter_client.manager import start_new_kernel\n"
        "m, c = start_new_kernel(kernel_name='python3')\n"
        "print(m.provisioner.pid, flush=True)\n"
        "import time; time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    assert Path(f"/proc/{pid}").exists()
    process.kill()
    process.wait()
    process.stdout.close()
    assert is_gone(pid)


class _Entry:
    """An entry point as an installed package has it."""

    def __init__(self, name: str, value: str, calls: list[str]) -> None:
        self.name, self._value, self._calls = name, value, calls

    def load(self) -> object:
        self._calls.append(self._value)
        return (lambda: self._calls.append("called")) if ":" in self._value else os


def test_installed_packages_say_what_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.delenv(kernels.LOAD_VARIABLE, raising=False)
    entries = [_Entry("json", "json.tool:main", calls), _Entry("email", "email", calls)]
    monkeypatch.setattr(kernels, "entry_points", lambda group: entries * (group == "warmill.load"))
    for entry in kernels.find_loads():
        kernels.load_entry(entry)
    assert calls == ["email", "json.tool:main", "called"]
    folders = {path.parent.name for path in provisioner._list_code()}
    assert {"json", "email", "warmill"} <= folders
    monkeypatch.setenv(kernels.LOAD_VARIABLE, "json,other")
    assert [entry.name for entry in kernels.find_loads()] == ["json"]


def test_the_server_fits_the_code_and_the_environment(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = provisioner.find_socket({})
    assert place == provisioner.find_socket({"LANG": "C"})
    assert place != provisioner.find_socket({"PYTHONPATH": "/x"})
    file = tmp_path / "code.py"
    file.write_text("1")
    monkeypatch.setattr(provisioner, "_list_code", lambda: [file])
    one = provisioner.find_socket({})
    file.write_text("22")
    assert provisioner.find_socket({}) != one
    place.parent.chmod(0o755)
    with pytest.raises(PermissionError):
        provisioner.find_socket({})
    place.parent.chmod(0o700)


def test_the_first_kernel_does_not_wait_for_the_server(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("WARMILL_WAIT")
    monkeypatch.setenv("PYTHONNODEBUGRANGES", "1")  # another environment, another server
    place = provisioner.find_socket(os.environ)
    before = len(list(home.glob("*/*.pid")))
    kernels = [Kernel(), Kernel()]
    try:
        plain = kernels[0].manager.provisioner.process
        assert isinstance(plain, subprocess.Popen)
        assert len(list(home.glob("*/*.pid"))) == before + 1  # one for both
        until = time.monotonic() + 60
        while not place.exists() and time.monotonic() < until:
            time.sleep(0.1)
        pid = int(place.with_suffix(".pid").read_text())
        assert pid in find_servers(home)
        kernels.append(Kernel())
        assert isinstance(kernels[-1].manager.provisioner.process, provisioner.ForkedKernel)
    finally:
        for one in kernels:
            one.close()


def test_what_cannot_be_forked_starts_the_plain_way(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not provisioner._is_own_kernel(["/usr/bin/R", "--slave", "-e", "IRkernel::main()"])
    assert not provisioner._is_own_kernel(
        ["/usr/bin/python3", "-m", "ipykernel_launcher", "-f", "x"]
    )
    monkeypatch.setattr(provisioner, "_ask", lambda *_: None)
    plain = Kernel()
    try:
        assert isinstance(plain.manager.provisioner.process, subprocess.Popen)
        assert "7" in plain.run("print(7)")
    finally:
        plain.close()


def test_a_kernel_that_cannot_start_is_reported_at_once(home: Path, tmp_path: Path) -> None:
    request = {"connection_file": str(tmp_path / "kernel.json"), "cwd": str(tmp_path / "gone"),
               "env": dict(os.environ)}  # fmt: skip
    assert provisioner._ask(request, os.environ) is None
    request["cwd"] = str(tmp_path)
    kernel = provisioner._ask(request, os.environ)
    assert kernel is not None
    assert kernel.poll() is None  # it listens
    assert (tmp_path / "kernel.json").exists()
    kernel.kill()
    assert kernel.wait(5) == -signal.SIGKILL


def test_notebook_tests_fork_every_kernel(home: Path, tmp_path: Path) -> None:
    pytest.importorskip("nbval")
    asks = ("from pathlib import Path\nimport os\n"
            "parent = Path(f'/proc/{os.getppid()}/cmdline').read_bytes()\n"
            "assert b'warmill.kernels' in parent")  # fmt: skip
    for name, last in (("good", "1 + 1"), ("bad", "raise ValueError")):
        cells = [nbformat.v4.new_code_cell(source) for source in (asks, last)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / f"{name}.ipynb")
    environment = {key: value for key, value in os.environ.items() if "PROVISIONER" not in key}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "warmill.notebook_tests",
         "--nbval-lax", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "1 failed, 3 passed" in done.stdout
