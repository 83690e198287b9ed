"""Runs in loaded processes that live on: none finds what an earlier one has left behind."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from innocap_analysis.batch.helper import start_helper
from innocap_analysis.batch.processes import START_VARIABLE, choose_start
from innocap_analysis.batch.warm import spawned
from test_batch import small, write_notebook

from innocap_analysis import load_settings, run_notebooks
from innocap_analysis.batch import processes
from innocap_analysis.batch.fingerprint import describe_project
from innocap_analysis.errors import InnocapError
from innocap_analysis.settings import OUTPUT_VARIABLE

__all__ = ["small"]
ROOT = Path(__file__).resolve().parents[1]

# What a run may change and the next one must not see; put back in the same process.
DIRT = """
import os
print(os.getpid())
import asyncio, builtins, decimal, gc, json, locale, logging, os, random, signal, socket, sys
import multiprocessing, tempfile, threading, time, warnings
import matplotlib as mpl, matplotlib.pyplot as plt, numpy as np, pandas as pd, seaborn as sns
from IPython import get_ipython
import beside
beside.value = 2
leak = 1
class Finder:
    find_spec = staticmethod(lambda *_: None)
os.environ["LEAK"] = "1"; del os.environ["HOME"]; os.environ["TZ"] = "Asia/Tokyo"; time.tzset()
os.chdir("/"); os.umask(0o77)
sys.path.insert(0, "/leak"); sys.argv.append("leak"); sys.setrecursionlimit(5000)
sys.excepthook = print; sys.displayhook = print; sys.meta_path.append(Finder)
builtins.leak = 1; builtins.copyright = 7
gc.disable(); gc.set_threshold(9); gc.callbacks.append(lambda *_: None)
locale.setlocale(locale.LC_ALL, "C.UTF-8")
random.seed(1); np.random.seed(1); np.random.set_bit_generator(np.random.PCG64(1))
np.seterr(all="raise"); np.set_printoptions(precision=1); decimal.getcontext().prec = 3
signal.signal(signal.SIGUSR1, lambda *_: None); signal.setitimer(signal.ITIMER_REAL, 600)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2}); socket.setdefaulttimeout(1)
logging.basicConfig(level="DEBUG", force=True); logging.disable(50)
logging.getLogger("a.b").addHandler(logging.NullHandler()); logging.captureWarnings(True)
warnings.simplefilter("error"); warnings.showwarning = print
pd.set_option("display.max_rows", 3); pd.options.display.precision = 1
plt.rcParams["figure.dpi"] = 31; sns.set_theme(palette="dark", color_codes=True); plt.figure()
plt.style.use("ggplot"); mpl.rcParams["font.family"].append("leak"); plt.switch_backend("svg")
mpl.colormaps.register(mpl.colormaps["viridis"], name="leak")
asyncio.set_event_loop(asyncio.new_event_loop()); multiprocessing.set_start_method("spawn")
tempfile.tempdir = "/leak"; threading.excepthook = print
get_ipython().run_line_magic("load_ext", "autoreload")
get_ipython().run_line_magic("config", "InlineBackend.figure_formats = ['svg']")
get_ipython().events.register("pre_run_cell", lambda *_: None)
get_ipython().set_custom_exc((ValueError,), lambda *_: None)
get_ipython().input_transformers_cleanup.append(lambda lines: lines)
""".strip()
PROBE = """
import sys
known = sorted(name for name in sys.modules if "beside" in name or "leak" in name)
import asyncio, builtins, decimal, gc, locale, logging, os, random, signal, socket, tempfile
import multiprocessing, threading, time, warnings
import matplotlib as mpl, matplotlib.pyplot as plt, numpy as np, pandas as pd
from IPython import get_ipython
import beside
shell, main = get_ipython(), sys.modules["__main__"]
os.umask(mask := os.umask(0))
seen = dict(
    modules=known, beside=beside.value, names="leak" in vars(main), out=sorted(main.Out),
    env=sorted(os.environ.items() - {("INNOCAP_OUTPUT", os.environ["INNOCAP_OUTPUT"])}),
    zone=time.tzname, cwd=os.getcwd(), mask=mask, path=sys.path, argv=sys.argv,
    limit=sys.getrecursionlimit(),
    hooks=[sys.excepthook.__qualname__, type(sys.displayhook).__name__],
    finders=len(sys.meta_path), builtins=[hasattr(builtins, "leak"), str(copyright)[:9]],
    gc=[gc.isenabled(), gc.get_threshold(), len(gc.callbacks)],
    locale=locale.setlocale(locale.LC_ALL), numbers=str(np.geterr()),
    decimal=decimal.getcontext().prec,
    precision=np.get_printoptions()["precision"],
    generator=type(np.random.get_bit_generator()).__name__,
    signals=[str(signal.getsignal(signal.SIGUSR1)), str(signal.pthread_sigmask(0, ()))],
    socket=socket.getdefaulttimeout(), logs=[str(logging.root), logging.root.manager.disable,
        len(logging.root.handlers), len(logging.getLogger("a.b").handlers)],
    filters=str(warnings.filters), shows=str(warnings.showwarning.__module__),
    pandas=[pd.get_option("display.max_rows"), pd.get_option("display.precision")],
    settings=sorted((k, str(v)) for k, v in mpl.rcParams.items() if k != "backend"),
    figures=plt.get_fignums(), maps="leak" in mpl.colormaps, blue=mpl.colors.to_rgb("b"),
    start=multiprocessing.get_start_method(allow_none=True), temp=tempfile.gettempdir(),
    threads=[one.name for one in threading.enumerate()], told=threading.excepthook.__name__,
    loaded=sorted(shell.extension_manager.loaded),
    events=len(shell.events.callbacks["pre_run_cell"]),
    cleanup=len(shell.input_transformers_cleanup), custom=shell.custom_exceptions,
)
print(os.getpid(), repr(np.random.rand()), random.random())
print({name: str(value) for name, value in seen.items()})
warnings.warn("told once")
""".strip()

# What cannot be put back, and what is told of it.
BEYOND = {
    "import threading, time\nthreading.Thread(target=time.sleep, args=(99,), name='t',"
    " daemon=True).start()": "thread t is still running",
    "import subprocess\nchild = subprocess.Popen(['sleep', '3'])": "left processes behind",
    "import pandas\npandas.DataFrame.to_csv = print": "DataFrame.to_csv was changed",
    "import pandas\npandas.DataFrame.leak = print": "DataFrame.leak was changed",
    "import pandas as pd\npd.api.extensions.register_dataframe_accessor('leak')(object)":
        "_accessors was changed",
    "import json\njson.dumps = print": "json.dumps was changed",
    "import math\nmath.pi = 3": "math.pi was changed",
    "import mimetypes\nmimetypes.types_map['.leak'] = 'x'": "types_map was changed",
    "import seaborn\nseaborn.palettes.SEABORN_PALETTES['leak'] = []": "PALETTES was changed",
    "import innocap_analysis.settings as s\ns.InnocapError = ValueError":
        "InnocapError was changed",
    "import importlib, json.scanner\nimportlib.reload(json.scanner)": "json.scanner",
    "import sys, json\ndel sys.modules['json']": "module json was replaced",
    "import os\nos.nice(1)": "limits of the process",
    "import asyncio\nfrom IPython.core.async_helpers import get_asyncio_loop\n"
    "task = get_asyncio_loop().create_task(asyncio.sleep(9))": "a task is still running",
    "import os\nos.dup2(os.open(os.devnull, os.O_RDWR), 2)": "a standard stream was changed",
}  # fmt: skip


def _read(project: Path, region: str) -> list[str]:
    book = nbformat.read(project / "reports" / region / "30_one.ipynb", as_version=4)
    shown = [o for cell in book.cells for o in cell.get("outputs", []) if o.output_type == "stream"]
    return "".join(o.text for o in shown if o.name == "stdout").splitlines()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="asks for what only POSIX has")
def test_a_run_sees_nothing_of_an_earlier_one(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(START_VARIABLE, "spawn")
    (small / "notebooks" / "beside.py").write_text("value = 1\n")
    patch = "import os, pandas\nprint(os.getpid())\npandas.DataFrame.to_csv = print"
    codes = {"SE": PROBE, "FI": DIRT, "IE": PROBE, "CA": patch,
             "SE32": PROBE}  # fmt: skip
    code = f"import sys\nexec({codes!r}[region], vars(sys.modules['__main__']))"
    write_notebook(small / "notebooks" / "30_one.ipynb", "import seaborn", code)
    outcomes = run_notebooks(regions=list(codes), notebooks=["30"], jobs=1)
    assert [o.error for o in outcomes] == [""] * len(codes)
    told = {region: _read(small, region) for region in codes}
    pids = {region: lines[0].split()[0] for region, lines in told.items()}
    # A process may always be replaced; after a patched library it must be.
    assert pids["CA"] != pids["SE32"]
    fresh, *later = (ast.literal_eval(told[region][1]) for region in ("SE", "IE", "SE32"))
    for seen in (fresh, *later):
        seen.pop("argv")  # the name of the connection file is drawn
    for seen in later:
        assert {k: (fresh[k], v) for k, v in seen.items() if v != fresh[k]} == {}
    assert len({told[region][0].split(maxsplit=1)[1] for region in ("SE", "IE", "SE32")}) == 3


def test_an_ordinary_run_costs_no_process(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(START_VARIABLE, "spawn")
    write_notebook(
        small / "notebooks" / "30_one.ipynb",
        "from innocap_analysis import open_view\nfrom innocap_analysis.pages import country",
        "view = open_view('30', region=region)\nview.show(country.plot_profile(view), '30_a')",
        "import os\nprint(os.getpid())",
    )
    outcomes = run_notebooks(regions=["SE", "FI", "IE"], notebooks=["30"], jobs=1)
    assert [o.error for o in outcomes] == [""] * 3
    assert len({_read(small, region)[-1] for region in ("SE", "FI", "IE")}) == 1


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks for what only Linux has")
def test_what_cannot_be_put_back_is_told(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import os, sys, warnings\n"
        f"beyond = {BEYOND!r}\n"
        "import matplotlib.pyplot, pandas, seaborn, innocap_analysis.settings, json.scanner\n"
        "import asyncio, mimetypes, subprocess, IPython.core.async_helpers\n"
        "from innocap_analysis.batch.warm.restore import Restorer\n"
        "from innocap_analysis.batch.warm.shell import make_app\n"
        "make_app()\n"
        "restorer = Restorer()\n"
        "def run(code):\n"
        "    restorer.begin(); make_app(); exec(code, {}); return restorer.end()\n"
        "assert run('1') == run('x = 1') == ''\n"
        "out = os.dup(1)\n"
        "for code, told in beyond.items():\n"
        "    if os.fork() == 0:\n"
        "        reason = run(code)\n"
        "        os.write(out, b'' if told in reason else repr((code, told, reason)).encode())\n"
        "        os._exit(0)\n"
        "    os.wait()\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, "-W", "ignore", script], capture_output=True, text=True,
                          timeout=120)  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


SCRIPTS = {
    "plain, after pandas": "import pandas\n{call}",
    # Whatever a notebook, a server or another library may have done before.
    "from stdin, in a loop and a thread": """
import asyncio, multiprocessing, threading, warnings
class OwnWarning(UserWarning): pass
warnings.simplefilter("ignore", OwnWarning)
multiprocessing.set_start_method("spawn")
def begin():
    {call}
async def main():
    thread = threading.Thread(target=begin)
    thread.start()
    await asyncio.sleep(0)
    thread.join()
asyncio.run(main())
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("how", SCRIPTS)
@pytest.mark.parametrize("start", ["", "spawn"])
def test_a_script_without_a_guard_starts_a_batch(small: Path, how: str, start: str) -> None:
    if start and "plain" in how:
        pytest.skip("the other script asks for more")
    (small / "numpy.py").write_text("raise ImportError('this is not numpy')\n")
    code = SCRIPTS[how].format(
        call="from innocap_analysis import run_notebooks; "
        "print([one.status for one in run_notebooks(regions=['SE'], notebooks=['30'])])"
    )
    script = small.parent / "script.py"
    script.write_text(code, encoding="utf-8")
    source = {"args": [sys.executable, script]} if "plain" in how else {
        "args": [sys.executable, "-P", "-"], "input": code}  # fmt: skip
    done = subprocess.run(**source, cwd=small, env=os.environ | {START_VARIABLE: start},  # type: ignore[call-overload]
                          capture_output=True, text=True, timeout=120)  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "['ok']\n"), done.stderr


def test_a_helper_ends_when_its_pipe_closes(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    state = describe_project(settings)
    helper = start_helper(spawned.serve, settings, state, None, os.getpid())
    assert helper.channel.recv() == ("ready", None)
    assert not helper.has_ended()
    helper.channel.close()
    until = time.monotonic() + 20
    while not helper.has_ended() and time.monotonic() < until:
        time.sleep(0.02)
    assert helper.has_ended()


def test_the_start_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    for can, wanted, chosen in ((True, "", "fork"), (False, "", "spawn"), (True, "spawn", "spawn"),
                                (False, "cold", "cold")):  # fmt: skip
        monkeypatch.setattr(processes, "can_fork", lambda can=can: can)
        monkeypatch.setenv(START_VARIABLE, wanted)
        assert choose_start() == chosen
    monkeypatch.setenv(START_VARIABLE, "fork")
    with pytest.raises(InnocapError, match="INNOCAP_START=fork: must be spawn or cold"):
        choose_start()


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp1252"])
def test_every_code_page_is_told(project: Path, encoding: str) -> None:
    place = project.parent / "Västernorrland → ≥ 3"
    place.mkdir()
    code = "import sys; from innocap_analysis import cli; cli.main()"
    for arguments in (["form", "--folder", str(place)], ["report", "-r", "Västernorrland ≥"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], cwd=project, capture_output=True, timeout=60,
            env=os.environ | {"PYTHONIOENCODING": encoding, OUTPUT_VARIABLE: str(place)},
        )  # fmt: skip
        text = (done.stdout + done.stderr).decode(encoding, "replace")
        assert "sternorrland" in text
        assert "Error" not in text
        assert done.returncode == (0 if arguments[0] == "form" else 2), text
