"""Where and when a part was measured: date, commit, processor, versions, kernels of the linear algebra."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("numpy", "gymnasium", "torch", "stable-baselines3", "sb3-contrib", "mujoco")


def about():
    """What a reader needs to know to compare: plain JSON. `load` is the machine's, when the part began."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "commit": commit(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {package: version(package) for package in PACKAGES},
        "openblas_core": openblas_core(),
    }


def commit():
    """The commit of the sources, with "-dirty" where they were changed since."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.check_output(command, text=True, stderr=subprocess.DEVNULL).strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def processor():
    """The processor's name."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def version(package):
    """The installed version, None where there is none."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def openblas_core():
    """The processor type whose kernels numpy's OpenBLAS uses, "none" where numpy has another library."""
    import numpy  # noqa: F401 - only a library that is loaded is seen
    from threadpoolctl import threadpool_info

    loaded = (library for library in threadpool_info() if library["internal_api"] == "openblas")
    return next((library["architecture"] for library in loaded), "none")
