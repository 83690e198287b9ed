"""Notebooks in loaded processes that live on: none finds what an earlier one has left behind."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from warmill import Task, execute_notebooks

from .books import read_texts, write_cells
from .hooks import load_libraries

pytest.importorskip("pandas")
pytest.importorskip("seaborn")

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
    env=sorted(os.environ.items()),
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

# What very many notebooks do must not cost a process.
USUAL = """
import os
import matplotlib.pyplot as plt, numpy as np, pandas as pd, seaborn as sns
ip = get_ipython()
ip.run_line_magic("matplotlib", "inline")
ip.run_line_magic("config", "InlineBackend.figure_format = 'retina'")
ip.run_line_magic("load_ext", "autoreload")
ip.run_cell_magic("bash", "", "true")
ip.system("true")
sns.set_theme(style="whitegrid")
table = pd.DataFrame({"a": [1, 2]}, index=pd.date_range("2026-01-01", periods=2))
table.plot()
plt.show()
table.style.highlight_max()
from warmill.tests.hooks import LAZY
LAZY.answer  # computed when it is first asked for, and kept
print(os.getpid())
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
    "import matplotlib.ticker as t\nt.Locator = t.Formatter": "ticker.Locator was changed",
    "import importlib, json.scanner\nimportlib.reload(json.scanner)": "json.scanner",
    "import sys, json\ndel sys.modules['json']": "module json was replaced",
    "import os\nos.nice(1)": "limits of the process",
    "import asyncio\nfrom IPython.core.async_helpers import get_asyncio_loop\n"
    "task = get_asyncio_loop().create_task(asyncio.sleep(9))": "a task is still running",
    "import os\nos.dup2(os.open(os.devnull, os.O_RDWR), 2)": "a standard stream was changed",
}  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="asks for what only POSIX has")
def test_a_notebook_sees_nothing_of_an_earlier_one(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("value = 1\n")
    patch = "import os, pandas\nprint(os.getpid())\npandas.DataFrame.to_csv = print"
    codes = {"fresh": PROBE, "dirt": DIRT, "after": PROBE, "usual": USUAL, "patch": patch,
             "replaced": PROBE}  # fmt: skip
    code = f"import sys\nexec({codes!r}[name], vars(sys.modules['__main__']))"
    source = write_cells(tmp_path / "one.ipynb", "import seaborn", code)
    tasks = [Task(source, tmp_path / "{name}.ipynb", {"name": name}) for name in codes]
    ended = execute_notebooks(
        tasks, load=load_libraries, jobs=1, start="spawn", cwd=tmp_path, timeout=120
    )
    assert [end.error for end in ended] == [""] * len(codes)
    told = {name: read_texts(tmp_path / f"{name}.ipynb") for name in codes}
    pids = {name: lines[0].split()[0] for name, lines in told.items()}
    # What can be put back costs no process; after a patched library there must be another.
    assert len({pids[name] for name in codes if name != "replaced"}) == 1
    assert pids["patch"] != pids["replaced"]
    fresh, *later = (ast.literal_eval(told[name][1]) for name in ("fresh", "after", "replaced"))
    for seen in (fresh, *later):
        seen.pop("argv")  # the name of the connection file is drawn
    for seen in later:
        assert {k: (fresh[k], v) for k, v in seen.items() if v != fresh[k]} == {}
    probes = ("fresh", "after", "replaced")
    assert len({told[name][0].split(maxsplit=1)[1] for name in probes}) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="asks for what only Linux has")
def test_what_cannot_be_put_back_is_told(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import os, sys, warnings\n"
        f"beyond = {BEYOND!r}\n"
        "import matplotlib.pyplot, pandas, seaborn, json.scanner\n"
        "import asyncio, mimetypes, subprocess, IPython.core.async_helpers\n"
        "from warmill.restore import Restorer\n"
        "from warmill.shell import make_app\n"
        "make_app()\n"
        "restorer = Restorer()\n"
        "def run(code):\n"
        "    restorer.begin(); make_app(); exec(code, {}); return restorer.end()\n"
        "assert run('1') == run('x = 1') == ''\n"
        "out = os.dup(1)\n"
        "for code, told in beyond.items():\n"
        "    if 'os.nice' in code and os.nice(0) == 19:\n"  # nothing is below that
        "        continue\n"
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
