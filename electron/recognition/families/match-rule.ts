import type { TensorNames } from '../kinds/tensor-names.ts'
import type { PartFamily, Sizes, TensorKey, TensorRule, VariantRule } from './family.ts'

/** The first tensor of the file that a key names, or undefined. */
function findTensor(names: TensorNames, key: TensorKey): string | undefined {
  if (typeof key !== 'string') {
    for (const one of key) {
      const found = findTensor(names, one)
      if (found !== undefined) return found
    }
    return undefined
  }
  if (key.endsWith('.') || key.endsWith('_')) return names.startingWith(key)
  return names.has(key) ? key : undefined
}

function hasSizes(shape: readonly number[], sizes: Sizes): boolean {
  return sizes.every((size, index) => {
    const actual = shape[index]
    if (actual === undefined) return false
    if (size === null) return true
    return typeof size === 'number' ? size === actual : size.includes(actual)
  })
}

/** The tensor that shows that a rule applies (its first), or undefined if the rule doesn't apply. */
export function matchingTensor(names: TensorNames, rule: TensorRule): string | undefined {
  let evidence: string | undefined
  for (const [key, sizes] of rule.shapes ?? []) {
    const found = findTensor(names, key)
    if (found === undefined || !hasSizes(names.shape(found), sizes)) return undefined
    evidence ??= found
  }
  let first: string | undefined
  for (const key of rule.has ?? []) {
    const found = findTensor(names, key)
    if (found === undefined) return undefined
    first ??= found
  }
  if (rule.lacks?.some((key) => findTensor(names, key) !== undefined)) return undefined
  return first ?? evidence
}

/** The words of the first matching rule of each group, or null for none. */
export function variantOf(
  names: TensorNames,
  groups: readonly (readonly VariantRule[])[] | undefined,
): string | null {
  const words = (groups ?? []).flatMap((rules) => {
    const rule = rules.find((one) => appliesTo(names, one))
    return rule === undefined || rule.word === '' ? [] : [rule.word]
  })
  return words.join(' ') || null
}

/** A rule without conditions applies to all files. */
function appliesTo(names: TensorNames, rule: TensorRule): boolean {
  const hasCondition = (rule.has ?? rule.shapes) !== undefined
  return matchingTensor(names, rule) !== undefined || (!hasCondition && lacksAll(names, rule.lacks ?? []))
}

const lacksAll = (names: TensorNames, keys: readonly TensorKey[]) =>
  keys.every((key) => findTensor(names, key) === undefined)

/** The first family of a table that matches, with its evidence, or null. */
export function findFamily<F extends PartFamily>(
  names: TensorNames,
  families: readonly F[],
): { readonly family: F; readonly evidence: string } | null {
  for (const family of families) {
    const evidence = matchingTensor(names, family)
    if (evidence !== undefined) return { family, evidence }
  }
  return null
}
