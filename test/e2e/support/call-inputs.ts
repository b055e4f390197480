import type * as v from 'valibot'
import { calls, type CallName } from '../../../electron/contract/calls.ts'
import { seededRandom } from '../../fixtures/seeded.ts'

/** What is read of a schema of valibot; all of these occur in the contract. */
interface SchemaParts {
  readonly type: string
  readonly entries?: Readonly<Record<string, SchemaParts>>
  readonly item?: SchemaParts
  readonly wrapped?: SchemaParts
  readonly options?: readonly unknown[]
}

const texts: readonly string[] = [
  ...[
    '',
    ' ',
    'x',
    '0',
    'null',
    '__proto__',
    'constructor',
    '../../etc/passwd',
    'C:\\Windows',
    '/etc/passwd\0',
  ],
  ...['\ud800', '\u202egnp.exe', '\u001b]0;x\u0007', '%s%n', "'; DROP TABLE uploads; --", '{{x}}', '<b>'],
  ...[
    'https://stranger.example/api/v1',
    'http://169.254.169.254/',
    'file:///etc/passwd',
    'javascript:alert(1)',
  ],
  ...['a'.repeat(401), 'ab'.repeat(32), 'é'.repeat(5_000), 'https://x.example/'.padEnd(3_000, 'y')],
]
const numbers: readonly number[] = [0, -0, 1, -1, 0.5, 2 ** 31, 2 ** 53, 1e308, NaN, Infinity, -Infinity]

/** Ids that exist, by the name of their member; they reach what is behind the search for an id. */
export type KnownIds = Readonly<Record<string, readonly string[]>>

/** Creates inputs for calls: the same ones for the same seed. Some fit the schema of the call, most do not. */
export function createInputs(seed: number, known: KnownIds = {}): (name: CallName) => unknown {
  const random = seededRandom(seed)
  const below = (count: number) => Math.floor(random() * count)
  const pick = <T>(values: readonly T[]) => values[below(values.length)] as T
  const several = <T>(most: number, create: () => T) => Array.from({ length: below(most + 1) }, create)

  function anyValue(depth: number): unknown {
    const simple = [undefined, null, true, false, pick(texts), pick(numbers), 2n ** 70n]
    if (depth === 0 || random() < 0.6) return pick(simple)
    if (random() < 0.5) return several(5, () => anyValue(depth - 1))
    return Object.fromEntries(several(4, () => [pick([...texts, 'id', 'ids']), anyValue(depth - 1)]))
  }

  function fitting(schema: SchemaParts, member = ''): unknown {
    // One wrong value in ten reaches the checks behind those of its neighbours.
    if (random() < 0.1) return anyValue(2)
    if (schema.options && schema.type === 'picklist') return pick(schema.options)
    if (schema.entries) {
      const entries = Object.entries(schema.entries).map(
        ([key, entry]) => [key, fitting(entry, key)] as const,
      )
      return Object.fromEntries(random() < 0.1 ? [...entries, ['extra', 1]] : entries)
    }
    if (schema.item) return several(3, () => fitting(schema.item as SchemaParts, member))
    if (schema.wrapped) return random() < 0.2 ? null : fitting(schema.wrapped, member)
    const ids = known[member] ?? []
    if (schema.type === 'string') return pick(ids.length > 0 && random() < 0.7 ? ids : texts)
    if (schema.type === 'number') return pick(numbers)
    if (schema.type === 'boolean') return random() < 0.5
    return schema.type === 'undefined' ? undefined : anyValue(2)
  }

  return (name) => {
    const schema: v.GenericSchema = calls[name].args
    return random() < 0.75 ? fitting(schema as unknown as SchemaParts) : anyValue(4)
  }
}
