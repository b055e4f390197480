import type { ImportLevel } from '../../contract/recognition.ts'

export interface PickleImport {
  readonly name: string
  readonly level: ImportLevel
}

const qualified = (module: string, list: string) => list.split(' ').map((name) => `${module}.${name}`)

/** Names of PyTorch's element types in its tensor and storage classes (torch/__init__.py). */
const elements = 'Float Half BFloat16 Double Long Int Short Char Byte Bool ComplexFloat ComplexDouble'.split(
  ' ',
)
const quantisedElements = 'QInt8 QUInt8 QInt32 QUInt4x2 QUInt2x4'.split(' ')

const storageClasses = [...elements, ...quantisedElements].map((element) => `${element}Storage`).join(' ')
const tensorClasses = elements.map((element) => `${element}Tensor`).join(' ')

/** Classes that hold a path and open nothing. Python 3.13 has them in another module. */
const pathClasses = 'Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath'

/**
 * Everything a saved model needs, by full name: what PyTorch's own restricted loader allows
 * (torch/_weights_only_unpickler.py, `_get_allowed_globals`), and harmless values of Python and numpy.
 * Anything else needs confirmation: a list of forbidden names could be bypassed (picklescan #66).
 */
const innocuous = new Set([
  ...qualified('collections', 'OrderedDict Counter defaultdict deque'),
  ...qualified('torch', storageClasses),
  ...qualified('torch.cuda', storageClasses),
  ...['torch', 'torch.cuda', 'torch.sparse', 'torch.cuda.sparse'].flatMap((module) =>
    qualified(module, tensorClasses),
  ),
  ...qualified('torch', 'Tensor Size device'),
  ...qualified(
    'torch',
    'bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 float32 float64 bfloat16 complex32 complex64 complex128 float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz float8_e8m0fnu float4_e2m1fn_x2 qint8 qint32 quint8 quint4x2 quint2x4 bits8 bits16 bits1x8 bits2x4 bits4x2',
  ),
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((bits) => qualified('torch', `int${bits} uint${bits}`)),
  ...qualified(
    'torch',
    'per_tensor_affine per_tensor_symmetric per_channel_affine per_channel_symmetric per_channel_affine_float_qparams',
  ),
  ...qualified('torch.storage', 'UntypedStorage TypedStorage _UntypedStorage _TypedStorage'),
  ...qualified(
    'torch._utils',
    '_rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_parameter _rebuild_parameter_with_state _rebuild_qtensor _rebuild_sparse_tensor _rebuild_sparse_csr_tensor _rebuild_meta_tensor_no_storage _rebuild_nested_tensor _rebuild_wrapper_subclass _rebuild_device_tensor_from_numpy _rebuild_device_tensor_from_cpu_tensor',
  ),
  'torch._tensor._rebuild_from_type_v2',
  'torch.serialization._get_layout',
  ...qualified('torch.nn.parameter', 'Parameter Buffer'),
  // Used by textual inversions in PyTorch's format; it holds tensors and runs nothing.
  'torch.nn.modules.container.ParameterDict',
  ...qualified(
    'torch.jit._pickle',
    'build_intlist build_tensorlist build_doublelist build_boollist build_tensor_from_id restore_type_tag',
  ),
  ...qualified(
    'numpy',
    'dtype ndarray bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128',
  ),
  ...['numpy.core', 'numpy._core'].flatMap((module) => [
    ...qualified(`${module}.multiarray`, '_reconstruct scalar'),
    `${module}.numeric._frombuffer`,
  ]),
  '_codecs.encode',
  ...['builtins', '__builtin__'].flatMap((module) =>
    qualified(
      module,
      'object set frozenset bytearray complex slice range dict list tuple int float str bytes bool',
    ),
  ),
  ...qualified('__builtin__', 'long unicode xrange'),
  // With these, protocols 0 and 1 create an object of a class that is imported separately.
  ...['copyreg', 'copy_reg'].map((module) => `${module}._reconstructor`),
  ...['pathlib', 'pathlib._local'].flatMap((module) => qualified(module, pathClasses)),
  'argparse.Namespace',
  ...qualified('datetime', 'date datetime time timedelta timezone'),
])

/**
 * Classes of TorchScript, except those of packages (`torch.classes`). Their code is in the archive itself and
 * is scanned there; a loader of Python has no such module.
 */
const torchScriptClass = /^__torch__(?!\.torch\.classes\.(?!quantized\.))(\.[A-Za-z_]\w*)+$/

/** What joblib writes in place of an array, whose bytes follow within the pickle. */
const joblibArrayClass =
  /^joblib\.numpy_pickle(_compat)?\.(NumpyArrayWrapper|NDArrayWrapper|ZNDArrayWrapper)$/

/** Whether joblib's loader reads bytes between the opcodes of a pickle with this import. */
export function holdsJoblibArrays(fullName: string): boolean {
  return joblibArrayClass.test(fullName)
}

/** Whether an import could be one of Python's own modules or of a package. */
function isModuleName(fullName: string): boolean {
  return /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$/.test(fullName)
}

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
    'operator _operator functools _functools itertools copyreg copy_reg imaplib poplib test _pyrepl _aix_support _osx_support'
  ).split(' '),
)

/**
 * Parts of PyTorch that compile or run code and programs that their arguments name (GitHub advisories of
 * picklescan, such as GHSA-4r9r-ch6f-vxmx and GHSA-f745-w6jp-hpxx).
 */
const dangerousParts = [
  'torch.fx.graph',
  'torch.fx.graph_module',
  'torch.fx.experimental',
  'torch._dynamo.guards',
  'torch._inductor',
  'torch.package',
  'torch.utils.bottleneck',
  'torch.utils.collect_env',
  'torch.utils.cpp_extension',
  'torch.utils._config_module',
  'torch.utils.data.datapipes',
]

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
  'uuid._get_command_stdout',
  'numpy.load',
  'numpy.testing._private.utils.runstring',
  'numpy.f2py.crackfortran.getlincoef',
])

/** How far an import can be trusted. */
export function importLevel(module: string, name: string): ImportLevel {
  const fullName = `${module}.${name}`
  if (innocuous.has(fullName) || torchScriptClass.test(fullName)) return 'innocuous'
  if (holdsJoblibArrays(fullName)) return 'suspicious'
  if (dangerousNames.has(fullName)) return 'dangerous'
  if (dangerousParts.some((part) => fullName.startsWith(`${part}.`))) return 'dangerous'
  // A dotted name resolves attributes: `torch` and `serialization.os.system` is `os.system`.
  const parts = name.includes('.') ? [module.split('.')[0], ...name.split('.')] : [module.split('.')[0]]
  return parts.some((part) => part !== undefined && dangerousModules.has(part)) ? 'dangerous' : 'suspicious'
}

/** From this protocol on, Python resolves a name with dots; before, it is one attribute, which no module has. */
const dottedNamesProtocol = 4

/**
 * Whether an import can do harm although nothing calls it: some objects accept any attribute, such as
 * `ctypes.cdll`, which loads the library that it is named after. Null for what is computed. False for names
 * that texts and numbers have by chance.
 */
export function isHarmfulUncalled(
  module: string | null,
  name: string | null,
  { isWhole, protocol }: { readonly isWhole: boolean; readonly protocol: number },
): boolean {
  if (module === null) return false
  if (name === null) return isModuleName(`${module}.name`)
  const fullName = `${module}.${name}`
  const isDangerous = !isWhole || importLevel(module, name) === 'dangerous'
  if (protocol >= dottedNamesProtocol || dangerousModules.has(module.split('.')[0] ?? '')) {
    return isDangerous && /^[A-Za-z_]\w*\.[A-Za-z_]\w*(\.|$)/.test(fullName)
  }
  return isDangerous && isModuleName(fullName) && !name.includes('.')
}

const levelsByHarm: readonly ImportLevel[] = ['innocuous', 'suspicious', 'dangerous']

/** Records an import. Of several with the same (cut) name the most harmful level is kept. */
export function recordImport(recorded: Map<string, ImportLevel>, name: string, level: ImportLevel): void {
  const before = recorded.get(name)
  if (before === undefined || levelsByHarm.indexOf(before) < levelsByHarm.indexOf(level))
    recorded.set(name, level)
}

export function listImports(recorded: ReadonlyMap<string, ImportLevel>): readonly PickleImport[] {
  return [...recorded].map(([name, level]) => ({ name, level }))
}

/** The imports of several scans, with each name once. */
export function mergeImports(
  scans: readonly { readonly imports: readonly PickleImport[] }[],
): readonly PickleImport[] {
  const recorded = new Map<string, ImportLevel>()
  for (const { imports } of scans) for (const { name, level } of imports) recordImport(recorded, name, level)
  return listImports(recorded)
}
