import { expect, test } from 'vitest'
import { matchingTensor, variantOf } from '../../../../electron/recognition/families/match-rule.ts'
import type { TensorRule } from '../../../../electron/recognition/families/family.ts'
import { tensorNames } from '../../../../electron/recognition/kinds/tensor-names.ts'

const names = tensorNames(
  new Map([
    ['in.weight', { dtype: 'F16', shape: [320, 4, 3, 3], sizeBytes: 2 }],
    ['blocks.0.weight', { dtype: 'F16', shape: [320], sizeBytes: 2 }],
  ]),
)

test.for<[rule: TensorRule, evidence: string | undefined]>([
  [{ has: ['in.weight', 'blocks.'] }, 'in.weight'],
  [{ has: ['blocks.', 'in.weight'] }, 'blocks.0.weight'],
  [{ has: ['in.weight', 'out.weight'] }, undefined],
  [{ has: [['out.weight', 'in.weight']] }, 'in.weight'],
  [{ has: ['in.weight'], lacks: ['out.weight'] }, 'in.weight'],
  [{ has: ['in.weight'], lacks: ['out.weight', 'blocks.'] }, undefined],
  [{ shapes: [['in.weight', [null, 4]]] }, 'in.weight'],
  [{ shapes: [['in.weight', [null, [8, 4]]]] }, 'in.weight'],
  [{ shapes: [['in.weight', [null, 9]]] }, undefined],
  [{ shapes: [['blocks.', [null, null]]] }, undefined],
  [{ shapes: [['in.weight', [320]]], has: ['blocks.'] }, 'blocks.0.weight'],
  [{ lacks: ['out.weight'] }, undefined],
])('finds for the rule %j the tensor %s', ([rule, evidence]) => {
  expect(matchingTensor(names, rule)).toBe(evidence)
})

test('names a variant by the first rule of each group that applies', () => {
  const withoutOutput = { word: 'without output', lacks: ['out.weight'] }
  const withoutInput = { word: 'without input', lacks: ['in.weight'] }
  const large = { word: 'large', shapes: [['blocks.', [640]]] } as const
  expect(variantOf(names, [[large, withoutInput, withoutOutput, { word: 'other' }]])).toBe('without output')
  expect(variantOf(names, [[large, { word: 'small' }], [withoutInput]])).toBe('small')
  expect(variantOf(names, [[{ word: '', has: ['in.weight'] }, { word: 'other' }], [withoutOutput]])).toBe(
    'without output',
  )
  expect(variantOf(names, [[large]])).toBeNull()
})
