"""Cells of every kind that notebooks hold: name -> cells, as plain data.

A cell is its code; `(tags, code)` where it carries tags. `GOOD` all end well and share one
notebook; of `ENDS` each has its own, as it may end the notebook.
"""

from __future__ import annotations

Cell = str | tuple[list[str], str]

GOOD: dict[str, list[Cell]] = {
    # --- what is shown
    "last value": ["1 + 1", "'text'", "None", "1;", "_3, len(Out) > 1"],
    "history": ["In[3], len(In) > 3, Out[3]", "_i, _ii[:5]", "%history -n -l 2"],
    "every form at once": [
        "from IPython.display import display\n"
        "display({'text/plain': 'p', 'text/html': '<b>h</b>', 'text/latex': '$l$', 'text/markdown':"
        " '*m*', 'application/json': {'a': [1, None]}, 'application/javascript': '1;',"
        " 'image/svg+xml': '<svg xmlns=\"http://www.w3.org/2000/svg\"/>', 'application/pdf': b'%P',"
        " 'application/vnd.innocap+json': {'x': 1}, 'application/geo+json': {'type': 'Point'}},"
        " raw=True, metadata={'text/html': {'isolated': True}})"
    ],
    "display objects": [
        "from IPython.display import HTML, JSON, Latex, Markdown, Math, Pretty, SVG, GeoJSON\n"
        "display(HTML('<i>a</i>'), Latex('$$x$$'), Markdown('**b**'), Math(r'\\frac12'),"
        " Pretty('c'), JSON({'d': 1}), SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>'))",
        "from IPython.display import IFrame, YouTubeVideo, Code, ProgressBar\n"
        "display(IFrame('a.html', 3, 4), Code('x = 1', language='python'), ProgressBar(10))",
        "from IPython.display import Javascript\nJavascript('1 + 1')",
    ],
    "pictures": [
        "import base64\nfrom IPython.display import Image\n"
        "gif = base64.b64decode('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7')\n"
        "Image(gif, format='gif', width=5, alt='a dot')",
        "from PIL import Image as P\nP.new('RGB', (3, 2), 'red')",
        "import io\nbuffer = io.BytesIO()\nP.new('L', (3, 2)).save(buffer, 'JPEG')\n"
        "Image(buffer.getvalue())",
    ],
    "sound": ["import numpy as np\nfrom IPython.display import Audio\n"
              "Audio(np.zeros(4), rate=8000)"],
    "own forms": [
        "class A:\n    def _repr_html_(self):\n        return '<p>'\n"
        "    def _repr_png_(self):\n        return gif\n"
        "    def _repr_mimebundle_(self, **kw):\n        return {'text/x': 'y'}, {'m': 1}\nA()",
        "class B:\n    def _ipython_display_(self):\n        print('shown')\nB()",
        "class Many:\n    def __repr__(self):\n        return 'x\\ny' * 3\n[Many(), Many()]",
    ],
    "handles": [
        "one = display('first', display_id='d1')\nother = display('second', display_id=True)",
        "one.update('again')\nother.update(HTML('<u>2</u>'))",
        "display('third', display_id='d1', update=True)\none.display('fourth')",
    ],
    "cleared": [
        "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('left')",
        "for i in range(3):\n    clear_output(wait=True)\n    print(i)",
        "print('stays')\nclear_output(wait=True)",
    ],
    "dicts and widths": ["{i: 'word ' * 12 for i in range(4)}", "list(range(1200))",
                         "import sys\nsys.displayhook('by hand')", "print(repr(sys.displayhook)[:9])"],
    "formatters": [
        "def loud(text, p, cycle):\n    p.text(text.upper())\n"
        "get_ipython().display_formatter.formatters['text/plain'].for_type(str, loud)\n'small'",
        "_ = get_ipython().display_formatter.formatters['text/plain'].pop(str)\n'small'",
        "%precision 3", "3.14159265", "%precision",
    ],
    "form of a wrong type": ["class D:\n    def _repr_html_(self):\n        return 5\nD()"],
    # --- tables
    "tables": [
        "import pandas as pd\ntable = pd.DataFrame({'a': [1.5, None], 'b': ['x', '<&>']})\ntable",
        "table.style.format(precision=1).set_uuid('u').highlight_max(subset=['a'])",
        "pd.DataFrame([range(30)] * 70)", "table['a']", "print(pd.DataFrame([range(30)]))",
        "pd.options.display.max_columns, pd.options.display.width, pd.options.display.max_rows",
        "np.arange(2000).reshape(40, 50)",
    ],
    # --- figures
    "figures": [
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        "fig, ax = plt.subplots()\nax.plot([3, 1])\nplt.show()",
        "fig",
        "for i in range(2):\n    plt.figure()\n    plt.plot([i, 2])",
        "display(fig)\nprint('between')\nplt.figure(figsize=(1, 1))\nplt.plot([1])",
        "plt.close('all')\nplt.get_fignums(), plt.get_backend(), plt.isinteractive()",
        "fig.savefig('/dev/null', format='png')\nplt.rcParams['figure.dpi']",
    ],
    "seaborn": ["import seaborn as sns\nsns.barplot(x=['a', 'b'], y=[1, 2]);",
                "table.plot()", "plt.imshow(np.eye(3))"],
    "inline": ["%matplotlib inline\nplt.plot([1, 4]);",
               "%config InlineBackend.figure_formats = ['svg']\nplt.rcParams['svg.hashsalt'] = 's'\n"
               "plt.plot([1, 4]);",
               "%config InlineBackend.figure_formats = ['png']\n%config InlineBackend",
               "%config InlineBackend.close_figures = False\nplt.plot([2, 2]);", "plt.plot([3, 1]);",
               "%config InlineBackend.close_figures = True\nplt.close('all')"],
    "another backend": ["%matplotlib agg\nplt.plot([1, 2]);", "plt.close('all')\n%matplotlib inline"],
    # --- streams
    "in order": ["print('a')\nprint('b', file=sys.stderr)\nprint('c')",
                 "print('a')\ndisplay(1)\nprint('b', file=sys.stderr)\ndisplay(2)\nprint('c')"],
    "unfinished lines": ["print('no end', end='')", "print('50 %\\r100 %')", "print('', end='')",
                         "print('a', flush=True)\nprint('b', flush=True)\nprint('c')"],
    "streams": ["isinstance(sys.stdout, __import__('ipykernel').iostream.OutStream), sys.stdout.encoding, sys.stdout.isatty()",
                "hasattr(sys.stdout, 'buffer'), sys.stdout.writable(), sys.stdout.closed",
                "sys.stdout.write('x')", "sys.stdout.writelines(['p', 'q'])",
                "print(1, file=sys.__stderr__)"],
    "caught": ["import contextlib\nheld = io.StringIO()\nwith contextlib.redirect_stdout(held):\n"
               "    print('held')\nheld.getvalue()",
               "%%capture got\nprint('in')\nprint('err', file=sys.stderr)\ndisplay(3)",
               "got.stdout, got.stderr, len(got.outputs)", "got.show()"],
    "logging": ["import logging\nlogging.warning('careful')\nlogging.info('quiet')",
                "logging.getLogger('mine').error('bad %s', 1)\nlogging.getLogger().handlers[:0]"],
    "threads": ["import threading\nt = threading.Thread(target=print, args=('in a thread',))\n"
                "t.start()\nt.join()",
                "t = threading.Thread(target=lambda: display('shown there'))\nt.start()\nt.join()",
                "t = threading.Thread(target=lambda: 1 / 0, name='T')\nt.start()\nt.join()"],
    "long": ["print('line of text\\n' * 20000)", "'y' * 200000",
             "import subprocess\nlong = subprocess.run(['seq', '30000']).returncode\nlong"],
    "below": ["import os\nos.write(1, b'raw\\n')\nos.write(2, b'err\\n');",
              "code = subprocess.run([sys.executable, '-c', 'print(1)']).returncode",
              "os.system('echo shell'); import time; time.sleep(0.05); print('then')",
              "subprocess.run('echo to > /dev/stderr', shell=True);",
              "subprocess.run(['cat'], capture_output=True, text=True).stdout, sys.stdin.read()",
              "subprocess.run([sys.executable, '-c', 'import sys; print(sys.stdout.isatty())'],"
              " capture_output=True, text=True).stdout"],
    "children": ["import multiprocessing\nwith multiprocessing.get_context('fork').Pool(1) as pool:\n"
                 "    print(pool.map(abs, [-1]))\nmultiprocessing.current_process().name",
                 "p = multiprocessing.get_context('fork').Process(target=print, args=('child',))\n"
                 "p.start()\np.join()\ntime.sleep(0.3)"],
    "bytes that are no text": ["os.write(1, b'\\xff\\xfe|');", "print('\\ud800'.encode('utf8', 'replace'))",
                               "print('åäö 漢字 🙂 \\x1b[31mred\\x1b[0m \\x00')"],
    # --- warnings
    "warnings": ["import warnings\nwarnings.warn('be careful')",
                 "for _i in range(3):\n    warnings.warn('once a place')",
                 "warnings.warn('old', DeprecationWarning)\nwarnings.warn('r', RuntimeWarning)\n"
                 "warnings.warn('p', PendingDeprecationWarning)\nwarnings.warn('i', ImportWarning)",
                 "np.array([1.0]) / 0", "np.float64(1) / 0"],
    "warnings of functions": ["def f():\n    warnings.warn('from f', stacklevel=2)\nf()", "f()",
                              "import ast\nast.literal_eval('\"\\\\d\"')"],
    "filters": ["with warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n    f()",
                "warnings.simplefilter('always')\nf()\nf()", "f()", "warnings.simplefilter('default')",
                "sorted({(w[0], w[2].__name__) for w in warnings.filters})[:4]"],
    "of the package": [
        "from innocap_analysis import ScoreWarning\nwarnings.warn('thin', ScoreWarning)",
    ],
    "of syntax": ["'\\d'", "1 is 1", "assert (1, 'x')"],
    # --- magics
    "magics": ["%who", "%who_ls int", "%whos str", "%pwd\nNone", "%lsmagic\nNone", "%alias_magic q pwd",
               "%env HOME\nNone", "%xmode", "%xmode Verbose", "%xmode Context", "%pprint", "%pprint"],
    "shell": ["!echo hi", "files = !printf 'a\\nb'\nfiles", "!exit 3", "_exit_code",
              "word = 'w'\n!echo $word {word.upper()}", "!!echo two", "%sx echo three", "!echo er >&2",
              "%system echo four"],
    "cell magics": ["%%bash\necho out\necho err >&2", "%%sh --out kept\necho kept", "kept",
                    "%%html\n<b>x</b>", "%%javascript\n1;", "%%latex\n$x$", "%%markdown\n*m*",
                    "%%svg\n<svg xmlns='http://www.w3.org/2000/svg'/>", "%%script cat\nfed",
                    "%%python\nprint('other')", "%%writefile /dev/null\nx", "%%bash --no-raise-error\nfalse"],
    "run": ["import tempfile\nfolder = tempfile.TemporaryDirectory()\n"
            "with open(folder.name + '/c.py', 'w') as file:\n"
            "    _n = file.write('print(__name__)\\nset_there = 1')",
            "%run {folder.name}/c.py\nfolder.cleanup()\nset_there", "%load_ext autoreload\n%autoreload 2",
            "%macro m 1", "%store", "%pfile nothing_here",
            "%rerun 1", "%reset_selective -f set_there\n'set_there' in dir()"],
    "help": ["len?", "?len", "print??", "%pinfo len", "%quickref\nNone"],
    "time": ["%timeit?", "%%time?", "%timeit -q -n 1 -r 1 pass"],
    "transformed": ["%autocall 1", "%autocall 0", "a = %pwd\nisinstance(a, str)", "/abs -1", ",print b c",
                    "if True:\n    %who float"],
    # --- the kernel itself
    "kernel": ["ip = get_ipython()\ntype(ip).__name__, type(ip.kernel).__mro__[-1].__name__",
               "ip.kernel.implementation, ip.kernel.language_info['name'], ip.execution_count > 1",
               "'IPKernelApp' in ip.config, ip.colors, __name__, sys.modules['__main__'].__name__",
               "sys.argv[0].rpartition('/')[2], sys.argv[1], len(sys.argv), sys.path[0]",
               "[p for p in sys.path if p.endswith('bin')], sys.flags.interactive, __file__ if"
               " '__file__' in globals() else None",
               "os.environ['TERM'], os.environ['PAGER'], os.environ['MPLBACKEND']",
               "os.path.basename(os.getcwd())", "threading.current_thread().name"],
    "hooks": ["def after(result):\n    print('after', result.success)\n"
              "ip.events.register('post_run_cell', after)", "1", "ip.events.unregister('post_run_cell', after)",
              "def change(lines):\n    return [l.replace('HELLO', '\"hello\"') for l in lines]\n"
              "ip.input_transformers_cleanup.append(change)", "HELLO",
              "ip.input_transformers_cleanup.remove(change)"],
    "shell's own": ["result = ip.run_cell('print(5); 6')\nresult.result", "ip.run_line_magic('who', 'float')",
                    "ip.set_next_input('later')", "ip.ev('1 + 1')", "ip.user_ns is globals()",
                    "ip.ask_exit.__name__, ip.payload_manager.read_payload()"],
    "comms": ["from comm import create_comm\nc = create_comm(target_name='t', data={'state': {'a': 1}})\n"
              "c.send({'b': 2})\nc.close()",
              "w = create_comm(target_name='jupyter.widget', comm_id='w1', data={'state': {"
              "'_model_module': 'm', '_model_name': 'N', 'value': 3}, 'buffer_paths': [['v']]},"
              " buffers=[memoryview(b'xy')])",
              "display({'application/vnd.jupyter.widget-view+json': {'model_id': 'w1'},"
              " 'text/plain': 'N()'}, raw=True)"],
    "no widgets": ["try:\n    import ipywidgets\nexcept ImportError as e:\n    print(e)"],
    "progress": ["from tqdm import tqdm\nfor _i in tqdm([1], file=sys.stdout, disable=True):\n    pass",
                 "from tqdm.auto import tqdm as auto\nauto.__module__"],
    # --- asyncio
    "await": ["import asyncio\nawait asyncio.sleep(0)\nprint('awaited')", "await asyncio.sleep(0, 'value')",
              "async def g():\n    yield 1\nasync for x in g():\n    print(x)",
              "asyncio.get_event_loop().is_running()",
              "task = asyncio.create_task(asyncio.sleep(0, 7))", "await task",
              "await asyncio.gather(asyncio.sleep(0, 1), asyncio.sleep(0, 2))",
              "try:\n    asyncio.run(asyncio.sleep(0))\nexcept RuntimeError as e:\n    print(e)",
              "async def late():\n    await asyncio.sleep(0.01)\n    print('late')\n"
              "background = asyncio.ensure_future(late())\nawait asyncio.sleep(0.05)"],
    "contexts": ["import contextvars\nv = contextvars.ContextVar('v', default=0)\ntoken = v.set(5)", "v.get()",
                 "import decimal\ndecimal.getcontext().prec = 5", "decimal.Decimal(1) / 7",
                 "old = np.seterr(all='ignore')", "np.float64(1) / 0"],
    # --- Python itself
    "definitions": ["from dataclasses import dataclass\n@dataclass\nclass Point:\n    x: int = 1\nPoint()",
                    "import pickle\npickle.loads(pickle.dumps(Point(2)))",
                    "Point", "def h(): pass\nimport inspect\nprint(inspect.getsource(h))\nh.__module__, h.__code__.co_filename[-3:]"],
    "first import": ["import this"],
    "random": ["import random\nrandom.seed(1)\nrandom.random(), np.random.default_rng(1).random()"],
    "exceptions caught": ["import traceback\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n"
                          "    traceback.print_exc()",
                          "try:\n    input('name? ')\nexcept Exception as e:\n    print(type(e), e)",
                          "import getpass\ntry:\n    getpass.getpass()\nexcept Exception as e:\n"
                          "    print(type(e), e)"],
    "signals": ["import signal\nsignal.getsignal(signal.SIGINT) is signal.default_int_handler",
                "def rang(*_):\n    print('rang')\nold = signal.signal(signal.SIGALRM, rang)\n"
                "signal.setitimer(signal.ITIMER_REAL, 0.02)\ntime.sleep(0.1)"],
    "empty": ["", "   \n", "# only a comment", "pass", (["skip-execution"], "print('skipped')")],
    "globals": ["sorted(n for n in globals() if n.startswith('__'))", "__builtins__.__name__",
                "del table\n'table' in globals()", "%reset -f", "In[:1], 'pd' in globals()"],
}  # fmt: skip

ENDS: dict[str, list[Cell]] = {
    "raised": ["def f(x):\n    return 1 / x\ntry:\n    {}['k']\nexcept KeyError:\n    f(0)", "print('no')"],
    "tagged": [(["raises-exception"], "1 / 0"), "print('goes on')"],
    "mistyped magic": ["%nosuchmagic", "print('never')"],
    "mistyped cell magic": ["%%nosuchmagic\nx", "print('never')"],
    "own handler": ["def hide(shell, kind, value, tb, tb_offset=None):\n    print('handled', value)\n"
                    "get_ipython().set_custom_exc((Exception,), hide)", "1 / 0", "print('after')"],
    "exit 0": ["import sys\nprint('nothing to tell')\nsys.exit(0)", "1 / 0"],
    "exit": ["import sys\nsys.exit()", "1 / 0"],
    "exit 3": ["raise SystemExit(3)"],
    "exit with words": ["import sys\nsys.exit('sorry')"],
    "syntax": ["x = = 1"],
    "input": ["input('name? ')"],
    "failing shell": ["%%bash\necho before\nexit 3", "print('never')"],
    "odd exceptions": ["class Odd(Exception):\n    def __str__(self):\n        return '\\x1b[1m' + 'o' * 9\n"
                       "raise ExceptionGroup('two', [Odd(), ValueError('åß\\n2')]) from KeyError(1)"],
    "argparse": ["import argparse\nargparse.ArgumentParser().parse_args()"],
    "bad form": ["class E:\n    def __repr__(self):\n        raise RuntimeError('no repr')\nE()", "print('x')"],
    "unwilling form": [
        "class C:\n    def _repr_html_(self):\n        raise ValueError('no html')\nC()",
        "print('never')",
    ],
    "interrupted": ["raise KeyboardInterrupt"],
    "await fails": ["import asyncio\nasync def bad():\n    await asyncio.sleep(0)\n    raise OSError(2, 'x')\n"
                    "await bad()"],
    "missing extension": ["%load_ext nothing_of_the_kind"],
    "debugger": ["try:\n    1 / 0\nexcept ZeroDivisionError:\n    pass", "breakpoint()"],
    "assertion": ["assert 1 == 2, 'not equal'"],
}  # fmt: skip
