"""Where no mount namespace is allowed: everything in Python that takes a path finds /opt/ml in the job's folder."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from localcloud.sagemaker.container import Container

# each line is a script of its own in the eyes of the table: an expression over the folder, and what it must be
INSIDE = [
    ("open('/opt/ml/a.txt').read()", "one"),
    ("open(b'/opt/ml/a.txt').read()", "one"),
    ("open(file='/opt/ml/a.txt').read()", "one"),
    ("io.open('/opt/ml/a.txt').read()", "one"),
    ("codecs.open('/opt/ml/a.txt', encoding='utf-8').read()", "one"),
    ("os.read(os.open('/opt/ml/a.txt', os.O_RDONLY), 9).decode()", "one"),
    ("pathlib.Path('/opt/ml/a.txt').read_text()", "one"),
    ("pathlib.Path('/opt/ml').joinpath('sub').is_dir()", True),
    ("sorted(p.name for p in pathlib.Path('/opt/ml').iterdir())", ["a.txt", "sub"]),
    ("[str(p) for p in pathlib.Path('/opt/ml').rglob('*.csv')]", ["/opt/ml/sub/b.csv"]),
    ("str(pathlib.Path('/opt/ml/sub').resolve())", "/opt/ml/sub"),
    ("glob.glob('/opt/ml/**/*.csv', recursive=True)", ["/opt/ml/sub/b.csv"]),
    ("[(d, f) for d, _, f in os.walk('/opt/ml')]", [["/opt/ml", ["a.txt"]], ["/opt/ml/sub", ["b.csv"]]]),
    ("os.path.exists('/opt/ml/a.txt') and not os.path.exists('/opt/ml/b.txt')", True),
    ("os.path.getsize('/opt/ml/a.txt')", 3),
    ("os.path.realpath('/opt/ml/sub/../a.txt')", "/opt/ml/a.txt"),
    ("sorted(os.listdir('/opt/ml'))", ["a.txt", "sub"]),
    ("sorted(entry.name for entry in os.scandir('/opt/ml'))", ["a.txt", "sub"]),
    ("os.stat('/opt/ml/a.txt').st_size", 3),
    ("os.access('/opt/ml/a.txt', os.R_OK)", True),
    ("(os.makedirs('/opt/ml/x/y'), os.path.isdir('/opt/ml/x/y'))[1]", True),
    ("(shutil.copy('/opt/ml/a.txt', '/opt/ml/c.txt'), open('/opt/ml/c.txt').read())[1]", "one"),
    ("(shutil.copytree('/opt/ml/sub', '/opt/ml/two'), os.listdir('/opt/ml/two'))[1]", ["b.csv"]),
    ("(os.makedirs('/opt/ml/r'), shutil.rmtree('/opt/ml/r'), os.path.exists('/opt/ml/r'))[2]", False),
    ("(os.rename('/opt/ml/sub/b.csv', '/opt/ml/d'), os.listdir('/opt/ml/sub'))[1]", []),
    ("(os.replace('/opt/ml/a.txt', '/opt/ml/sub/a'), os.path.exists('/opt/ml/sub/a'))[1]", True),
    ("(os.symlink('/opt/ml/a.txt', '/opt/ml/l'), open('/opt/ml/l').read())[1]", "one"),
    ("(os.link('/opt/ml/a.txt', '/opt/ml/h'), os.remove('/opt/ml/a.txt'), open('/opt/ml/h').read())[2]", "one"),
    ("(os.chmod('/opt/ml/a.txt', 0o600), oct(os.stat('/opt/ml/a.txt').st_mode))[1]", "0o100600"),
    ("(os.chdir('/opt/ml/sub'), os.listdir())[1]", ["b.csv"]),
    ("(os.truncate('/opt/ml/a.txt', 1), os.utime('/opt/ml/a.txt', (1, 1)), os.stat('/opt/ml/a.txt').st_mtime)[2]", 1.0),
    ("(gzip.open('/opt/ml/z.gz', 'w').close(), gzip.open('/opt/ml/z.gz').read().decode())[1]", ""),
    ("(tarfile.open('/opt/ml/t.tar', 'w').close(), tarfile.is_tarfile('/opt/ml/t.tar'))[1]", True),
    ("(zipfile.ZipFile('/opt/ml/z.zip', 'w').close(), zipfile.is_zipfile('/opt/ml/z.zip'))[1]", True),
    ("(bz2.open('/opt/ml/z.bz2', 'w').close(), os.path.exists('/opt/ml/z.bz2'))[1]", True),
    ("(open('/opt/ml/mod.py', 'w').write('X = 7'), sys.path.insert(0, '/opt/ml'), __import__('mod').X)[2]", 7),
    ("(open('/opt/ml/run.py', 'w').write('Y = 8'), runpy.run_path('/opt/ml/run.py')['Y'])[1]", 8),
    ("tempfile.NamedTemporaryFile(dir='/opt/ml', delete=False).name.startswith('/opt/ml/tmp')", True),
    ("pandas.read_csv('/opt/ml/sub/b.csv').shape", [1, 2]),
    ("(pandas.DataFrame({'a': [1]}).to_csv('/opt/ml/f.csv'), os.path.exists('/opt/ml/f.csv'))[1]", True),
    ("(numpy.save('/opt/ml/n.npy', numpy.arange(3)), numpy.load('/opt/ml/n.npy').tolist())[1]", [0, 1, 2]),
    ("(joblib.dump([1], '/opt/ml/j'), joblib.load('/opt/ml/j'))[1]", [1]),
    ("subprocess.check_output(['cat', '/opt/ml/a.txt'], text=True)", "one"),
    ("subprocess.check_output('cat /opt/ml/a.txt; ls', shell=True, cwd='/opt/ml/sub', text=True)", "oneb.csv\n"),
    ("subprocess.check_output([sys.executable, '-c', 'print(open(\"/opt/ml/a.txt\").read())'], text=True)", "one\n"),
    ("os.system('test -f /opt/ml/a.txt')", 0),
    # what only looks like it
    ("os.path.exists('/opt/mlx') or os.path.exists('/data/opt/ml')", False),
    ("open('/proc/self/comm').read() != ''", True),
    ("open(os.open('/opt/ml/a.txt', os.O_RDONLY)).read()", "one"),
]  # fmt: skip

PROGRAM = """
import bz2, codecs, glob, gzip, io, json, os, pathlib, runpy, shutil, subprocess, sys, tarfile, tempfile, zipfile
import joblib, numpy, pandas
ROOT = sys.argv[1]
told = []
for expression in json.load(open(sys.argv[2])):
    shutil.rmtree(ROOT); os.makedirs(ROOT + "/sub")
    open(ROOT + "/a.txt", "w").write("one"); open(ROOT + "/sub/b.csv", "w").write("x,y\\n1,2\\n")
    os.chdir(ROOT)
    try:
        told.append(eval(expression))
    except BaseException as error:
        told.append(f"{type(error).__name__}: {error}")
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("translated")
    container = Container(folder / "job", real=False)
    (folder / "program.py").write_text(PROGRAM)
    (folder / "expressions").write_text(json.dumps([expression for expression, _ in INSIDE]))
    done = subprocess.run(
        [container.overlay.python, folder / "program.py", container.root, folder / "expressions"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip((expression for expression, _ in INSIDE), json.loads(done.stdout), strict=True))


@pytest.mark.parametrize(("expression", "value"), INSIDE)
def test_paths_in_python(told: dict[str, Any], expression: str, value: Any) -> None:
    assert told[expression] == value


def test_shell_scripts_are_rewritten(tmp_path: Path) -> None:
    container = Container(tmp_path / "job", real=False)
    (container.root / "code").mkdir()
    script = container.root / "code" / "run.sh"
    script.write_bytes(b"cd /opt/ml/input && cat /opt/mlx # \xff\n")
    container.translate_scripts()
    assert script.read_bytes() == f"cd {container.root}/input && cat /opt/mlx # ".encode() + b"\xff\n"


def test_nothing_is_rewritten_where_opt_ml_is_real(tmp_path: Path) -> None:
    container = Container(tmp_path / "job", real=True)
    script = container.root / "run.sh"
    script.write_text("cd /opt/ml/input")
    container.translate_scripts()
    assert script.read_text() == "cd /opt/ml/input"
    assert container.translate("/opt/ml/x") == container.inside("/opt/ml/x") == "/opt/ml/x"
