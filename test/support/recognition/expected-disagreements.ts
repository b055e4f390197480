import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFolder } from '../temp-project.ts'
import { differences, type Comparison } from './agreement.ts'

/** Cases that are recognised as something else: what differs by the case's name, with a common reason. */
interface DisagreementGroup {
  readonly reason: string
  /** `kind`, `base` and `variant`, separated by a comma and a space. */
  readonly cases: Readonly<Record<string, string>>
}

export const expectedDisagreementsFile = join(projectFolder, 'test/fixtures/expected-disagreements.json')

export const expectedDisagreements = JSON.parse(
  readFileSync(expectedDisagreementsFile, 'utf8'),
) as readonly DisagreementGroup[]

const expectedOf = (groups: readonly DisagreementGroup[]) =>
  new Map(groups.flatMap(({ cases }) => Object.entries(cases)))

/** One sentence for each case that differs from `expected-disagreements.json`, in either direction. */
export function unexpectedResults(
  groups: readonly DisagreementGroup[],
  comparisons: readonly Comparison[],
): readonly string[] {
  const expected = expectedOf(groups)
  const names = new Set(comparisons.map(({ fixture }) => fixture.name))
  const unknown = [...expected.keys()].filter((name) => !names.has(name))
  return [
    ...unknown.map((name) => `${name}: no fixture has this name`),
    ...comparisons.flatMap((comparison) => {
      const { name } = comparison.fixture
      const actual = differences(comparison).join(', ')
      if (actual === (expected.get(name) ?? '')) return []
      const { modelType, base, variant } = comparison.recognised
      const recognised = [modelType, base, variant].filter(Boolean).join(', ')
      return [`${name}: differs in “${actual}”, expected “${expected.get(name) ?? ''}” (${recognised})`]
    }),
  ]
}

/** Removes what agrees now, and keeps only the differences that remain. */
export function withoutAgreeing(
  groups: readonly DisagreementGroup[],
  comparisons: readonly Comparison[],
): readonly DisagreementGroup[] {
  const actual = new Map(comparisons.map((each) => [each.fixture.name, differences(each)]))
  const remainingOf = ({ reason, cases }: DisagreementGroup): DisagreementGroup => ({
    reason,
    cases: Object.fromEntries(
      Object.entries(cases)
        .map(([name, differs]): [string, string] => {
          const before = differs.split(', ')
          return [name, (actual.get(name) ?? []).filter((aspect) => before.includes(aspect)).join(', ')]
        })
        .filter(([, differs]) => differs !== ''),
    ),
  })
  return groups.map(remainingOf).filter(({ cases }) => Object.keys(cases).length > 0)
}
