import type { ImportLevel } from '../../contract/recognition.ts'

export interface PickleImport {
  readonly name: string
  readonly level: ImportLevel
}

const qualified = (module: string, list: string) => list.split(' ').map((name) => `${module}.${name}`)

/**
 * Everything a saved model needs, by full name. Anything else needs confirmation: a list of forbidden names
 * could be bypassed (picklescan #66).
 */
const innocuous = new Set([
  'collections.OrderedDict',
  ...qualified(
    'torch',
    'FloatStorage HalfStorage BFloat16Storage DoubleStorage LongStorage IntStorage ShortStorage CharStorage ByteStorage BoolStorage ComplexFloatStorage ComplexDoubleStorage Tensor Size device float32 float16 bfloat16 float64 float8_e4m3fn float8_e5m2 int64 int32 int16 int8 uint8 bool',
  ),
  ...qualified('torch.storage', 'UntypedStorage TypedStorage _TypedStorage'),
  ...qualified(
    'torch._utils',
    '_rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_parameter _rebuild_parameter_with_state',
  ),
  'torch._tensor._rebuild_from_type_v2',
  ...qualified('torch.nn.parameter', 'Parameter Buffer'),
  // Used by textual inversions in PyTorch's format; it holds tensors and runs nothing.
  'torch.nn.modules.container.ParameterDict',
  ...qualified('torch.jit._pickle', 'build_intlist build_tensorlist build_doublelist build_boollist'),
  ...qualified('numpy', 'dtype ndarray'),
  ...qualified('numpy.core.multiarray', '_reconstruct scalar'),
  ...qualified('numpy._core.multiarray', '_reconstruct scalar'),
  '_codecs.encode',
  ...['builtins', '__builtin__'].flatMap((module) =>
    qualified(module, 'set frozenset bytearray complex slice range dict list tuple int float str bytes bool'),
  ),
])

/**
 * Modules whose functions can do harm: run programs or code, open files or connections, load more pickles.
 */
const dangerousModules = new Set(
  (
    'os posix nt posixpath ntpath subprocess _posixsubprocess sys socket _socket ssl shutil pickle _pickle cPickle dill cloudpickle joblib ' +
    'runpy webbrowser requests httplib http urllib urllib2 urllib3 aiohttp httpx ftplib smtplib telnetlib xmlrpc ctypes _ctypes cffi pip ' +
    'ensurepip venv pty tty commands popen2 asyncio multiprocessing concurrent threading _thread signal importlib imp zipimport pkgutil ' +
    'code codeop bdb pdb timeit cProfile profile trace doctest pydoc idlelib lib2to3 distutils setuptools site marshal types tempfile ' +
    'pathlib glob fileinput linecache platform io _io logging inspect gc atexit sched shelve dbm sqlite3 _sqlite3 winreg msvcrt ' +
    'operator _operator functools _functools itertools copyreg copy_reg'
  ).split(' '),
)

const dangerousNames = new Set([
  ...['builtins', '__builtin__'].flatMap((module) =>
    qualified(
      module,
      'eval exec execfile compile getattr setattr delattr open file apply breakpoint input raw_input __import__ globals locals vars type map filter reduce memoryview staticmethod classmethod property help exit quit print',
    ),
  ),
  'torch.load',
  'torch.serialization.load',
  ...qualified('torch.hub', 'load load_state_dict_from_url download_url_to_file'),
  'torch.jit.load',
  'torch.jit.unsupported_tensor_ops.execWrapper',
  'torch.utils._config_module.load_config',
  'numpy.load',
  'numpy.testing._private.utils.runstring',
  'numpy.f2py.crackfortran.getlincoef',
])

/** How far an import can be trusted. */
export function importLevel(module: string, name: string): ImportLevel {
  const fullName = `${module}.${name}`
  if (innocuous.has(fullName)) return 'innocuous'
  if (dangerousNames.has(fullName)) return 'dangerous'
  // A dotted name resolves attributes: `torch` and `serialization.os.system` is `os.system`.
  const parts = name.includes('.') ? [module.split('.')[0], ...name.split('.')] : [module.split('.')[0]]
  return parts.some((part) => part !== undefined && dangerousModules.has(part)) ? 'dangerous' : 'suspicious'
}

const levelsByHarm: readonly ImportLevel[] = ['innocuous', 'suspicious', 'dangerous']

/** Records an import. Of several with the same (cut) name the most harmful level is kept. */
export function recordImport(recorded: Map<string, ImportLevel>, name: string, level: ImportLevel): void {
  const before = recorded.get(name)
  if (before === undefined || levelsByHarm.indexOf(before) < levelsByHarm.indexOf(level))
    recorded.set(name, level)
}

/** The imports of several scans, with each name once. */
export function mergeImports(
  scans: readonly { readonly imports: readonly PickleImport[] }[],
): readonly PickleImport[] {
  const recorded = new Map<string, ImportLevel>()
  for (const { imports } of scans) for (const { name, level } of imports) recordImport(recorded, name, level)
  return [...recorded].map(([name, level]) => ({ name, level }))
}
