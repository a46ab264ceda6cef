"""Lays out two .NET runtimes as the `dotnet` program expects them.

usage: dotnet.py UNPACKED INSTALLED

UNPACKED holds the Python package dotnetcore2 (.NET Core 3.1, already in that layout) and, in `9`, a program
that brings .NET 9 along, all its libraries in one folder. Which of them are the runtime's own, its
dependency file tells. INSTALLED gets `3.1`, `9` and `reference`.
"""

import json
import shutil
import sys
from pathlib import Path

REFERENCE = [
    "System.ComponentModel.Primitives",
    "System.Console",
    "System.Diagnostics.Process",
    "System.IO.FileSystem",
    "System.Private.CoreLib",
    "System.Runtime",
    "System.Runtime.Extensions",
    "System.Threading",
    "System.Threading.Thread",
]

unpacked, installed = map(Path, sys.argv[1:])

old = installed / "3.1"
shutil.copytree(unpacked / "dotnetcore2" / "bin", old)
(old / "dotnet").chmod(0o755)
framework = next((old / "shared" / "Microsoft.NETCore.App").iterdir())
(installed / "reference").mkdir()
for name in REFERENCE:
    shutil.copy(framework / f"{name}.dll", installed / "reference")

source = unpacked / "9" / "dist"
dependencies = json.loads((source / next(source.glob("*.deps.json")).name).read_text())
runtime, pack = next(
    (name, pack)
    for target in dependencies["targets"].values()
    for name, pack in target.items()
    if name.startswith("runtimepack.Microsoft.NETCore.App.")
)
version = runtime.rsplit("/", 1)[1]
new = installed / "9"
framework = new / "shared" / "Microsoft.NETCore.App" / version
framework.mkdir(parents=True)
for name in [*pack["runtime"], *pack["native"]]:
    shutil.copy(source / name, framework)
host = new / "host" / "fxr" / version
host.mkdir(parents=True)
shutil.copy(source / "libhostfxr.so", host)
# The small program in front is of 3.1; all it does is to find and load the newest host.
shutil.copy(old / "dotnet", new)

name = f"Microsoft.NETCore.App.Runtime.linux-x64/{version}"
target = f".NETCoreApp,Version=v{version.split('.')[0]}.0"
(framework / "Microsoft.NETCore.App.deps.json").write_text(
    json.dumps(
        {
            "runtimeTarget": {"name": f"{target}/linux-x64", "signature": ""},
            "compilationOptions": {},
            "targets": {target: {}, f"{target}/linux-x64": {name: pack}},
            "libraries": {name: {"type": "package", "serviceable": True, "sha512": "", "path": name}},
            "runtimes": {},
        }
    )
)
