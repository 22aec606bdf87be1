"""torch, or the end of a test that needs it: exit code 77, skipped."""
import sys

try:
    import torch  # noqa: F401
except ImportError:
    print("torch is not installed")
    sys.exit(77)
