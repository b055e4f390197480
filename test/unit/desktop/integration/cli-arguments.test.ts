import { expect, test } from 'vitest'
import { cliArguments } from '../../../../electron/desktop/integration/cli-arguments.ts'

test('an app that was started for a command knows its words', () => {
  const argv = [
    '/opt/Modelferry/modelferry',
    '--modelferry-command',
    '--disable-gpu',
    '--',
    'upload',
    '--',
    '-odd.gguf',
  ]
  expect(cliArguments(argv)).toEqual(['upload', '--', '-odd.gguf'])
  expect(cliArguments(['/x', '--modelferry-command', '--'])).toEqual([])
})

test('files, links and words behind the dashes never make it a command', () => {
  expect(cliArguments(['/opt/Modelferry/modelferry'])).toBe(null)
  expect(cliArguments(['/x', 'model.gguf'])).toBe(null)
  expect(cliArguments(['/x', '--', '--modelferry-command'])).toBe(null)
  expect(cliArguments(['/x', '--modelferry-command'])).toBe(null)
})
