import type { PickleImport } from './dangerous-imports.ts'

/** The code of TorchScript's classes, of which loading runs `__setstate__`. PyTorch finds it in any case. */
export function isTorchScriptCode(memberName: string): boolean {
  return /^[^/]+\/code\/.*\.py$/i.test(memberName)
}

/**
 * The description of TorchScript's first format. It names the members with code itself
 * (torch/csrc/jit/serialization/import_legacy.cpp).
 */
export function isOldTorchScript(memberName: string): boolean {
  return /^[^/]+\/model\.json$/i.test(memberName)
}

/** The operators of PyTorch with a file's name (`torch._C._jit_get_all_schemas()` of PyTorch 2.13). */
const fileOperator = /\.(save|from_file)\b/g
/** Operators outside of PyTorch's tensor functions; some packages register ones that read and write files. */
const packageOperator = /\bops\.(\w+)\.(\w+)/g
const harmlessPackages = new Set(
  'prim aten quantized _quantized sparse prepacked mkldnn mkldnn_prepacked torchvision'.split(' '),
)

/**
 * Spaces and continued lines before or after a dot. Matched from their beginning only, because millions of
 * them would otherwise be read again from each one.
 */
const spacesAtDot = /(?<![\s\\])[\s\\]+(?=\.)|(?<=\.)[\s\\]+/g

/**
 * Finds operators in TorchScript's code that reach beyond tensors. The code has no imports, no reflection and
 * no other access to the computer.
 */
export function scanTorchScript(code: string): readonly PickleImport[] {
  const found: PickleImport[] = []
  // Neither spaces nor continued lines between a dot and a name change the meaning.
  const dense = code.replaceAll(spacesAtDot, '')
  // A comment could stand there too; PyTorch writes none.
  const isObscured = dense.includes('#') && /\b(save|from_file|ops)\b/.test(dense)
  if (isObscured) found.push({ name: 'torch.ops', level: 'suspicious' })
  for (const [, name] of dense.matchAll(fileOperator)) {
    found.push({ name: `torch.${name ?? ''}`, level: 'dangerous' })
  }
  for (const [, namespace = '', name = ''] of dense.matchAll(packageOperator)) {
    if (!harmlessPackages.has(namespace)) {
      found.push({ name: `torch.ops.${namespace}.${name}`, level: 'suspicious' })
    }
  }
  return found
}
