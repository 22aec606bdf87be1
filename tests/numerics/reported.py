"""The end of a script of checks: what each says, and the exit code."""
import pathlib
import sys
import tempfile


def report(*checks):
    """Calls `check(gmc, folder)`, each in a folder of its own, which yields
    pairs of a truth and a text; 1 if one is false."""
    gmc = pathlib.Path(sys.argv[1]).resolve()
    failures = 0
    for check in checks:
        with tempfile.TemporaryDirectory() as name:
            for ok, said in check(gmc, pathlib.Path(name)):
                failures += not ok
                print(f"{'ok' if ok else 'FAILED'}: {said}")
    return 1 if failures else 0
