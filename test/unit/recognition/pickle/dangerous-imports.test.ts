import { expect, test } from 'vitest'
import { importLevel } from '../../../../electron/recognition/pickle/dangerous-imports.ts'
import { weightsOnlyNames } from '../../../fixtures/weights-only-names.ts'

test('accepts every name that PyTorch’s own restricted loader accepts', () => {
  expect(weightsOnlyNames).toHaveLength(144)
  expect(weightsOnlyNames.filter(([module, name]) => importLevel(module, name) !== 'innocuous')).toEqual([])
})

test('accepts harmless values of Python and numpy under their names of every version', () => {
  for (const [module, name] of [
    ['collections', 'defaultdict'],
    ['pathlib', 'PosixPath'],
    ['pathlib._local', 'PosixPath'],
    ['copy_reg', '_reconstructor'],
    ['__builtin__', 'unicode'],
    ['numpy.core.multiarray', 'scalar'],
    ['numpy._core.numeric', '_frombuffer'],
    ['torch._utils', '_rebuild_sparse_tensor'],
    ['torch.jit._pickle', 'restore_type_tag'],
    ['__torch__', 'M'],
    ['__torch__.torch.nn.modules.linear', 'Linear'],
    ['__torch__.torch.classes.quantized', 'LinearPackedParamsBase'],
  ] as const) {
    expect(importLevel(module, name), `${module}.${name}`).toBe('innocuous')
  }
})

test('accepts no attribute or neighbour of a harmless name', () => {
  for (const [module, name, level] of [
    ['pathlib', 'PosixPath.unlink', 'dangerous'],
    ['pathlib', 'os.system', 'dangerous'],
    ['torch', 'FloatStorage.from_file', 'suspicious'],
    ['torch.storage', '_load_from_bytes', 'suspicious'],
    ['torch.fx.graph_module', 'reduce_graph_module', 'dangerous'],
    ['torch', 'fx.graph_module.reduce_graph_module', 'dangerous'],
    ['torch.utils.collect_env', 'run', 'dangerous'],
    ['torch.utils._config_module', 'ConfigModule.load_config', 'dangerous'],
    ['uuid', '_get_command_stdout', 'dangerous'],
    ['torch.fxs', 'name', 'suspicious'],
    ['torch', '_utils', 'suspicious'],
    ['copyreg', 'add_extension', 'dangerous'],
    ['collections', 'abc.sys.modules', 'dangerous'],
    ['__torch__.torch.classes.aoti', 'Runner', 'suspicious'],
    ['__torch__', 'M\n', 'suspicious'],
    ['__torch__', '', 'suspicious'],
    ['__builtin__', 'reduce', 'dangerous'],
    ['__builtin__', 'intern', 'suspicious'],
    ['commands', 'getoutput', 'dangerous'],
  ] as const) {
    expect(importLevel(module, name), `${module}.${name}`).toBe(level)
  }
})
