// Runs tests/live/small_system.py in Pyodide. Arguments: pyodide.mjs, the folder of the program, and
// the folder of microweb; what of the two is needed is copied into Pyodide's own file system.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [loader, live, folder] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(path.resolve(loader)).href);
const pyodide = await loadPyodide();

function copy(from, to) {
  if (fs.statSync(from).isDirectory()) {
    pyodide.FS.mkdirTree(to);
    for (const name of fs.readdirSync(from)) {
      if (name !== "__pycache__") copy(path.join(from, name), `${to}/${name}`);
    }
  } else {
    pyodide.FS.writeFile(to, fs.readFileSync(from));
  }
}

copy(live, "/live");
pyodide.FS.mkdirTree("/lib/microweb-under-test");
for (const name of ["microweb", "microweb.py"]) {
  const from = path.join(folder, name);
  if (fs.existsSync(from)) copy(from, `/lib/microweb-under-test/${name}`);
}
const status = pyodide.runPython(`
import runpy, sys
sys.argv = ["small_system.py", "--from", "/lib/microweb-under-test"]
status = 0
try:
    runpy.run_path("/live/small_system.py", run_name="__main__")
except SystemExit as end:
    status = int(end.code or 0)
print("on", sys.version.split()[0], sys.platform)
status
`);
process.exit(status);
