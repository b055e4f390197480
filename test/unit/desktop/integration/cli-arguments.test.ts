import { expect, test } from 'vitest'
import { cliArguments } from '../../../../electron/desktop/integration/cli-arguments.ts'

test('the arguments after the command switch are returned', () => {
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

test('files, links and arguments after -- do not start the command line', () => {
  expect(cliArguments(['/opt/Modelferry/modelferry'])).toBe(null)
  expect(cliArguments(['/x', 'model.gguf'])).toBe(null)
  expect(cliArguments(['/x', '--', '--modelferry-command'])).toBe(null)
  expect(cliArguments(['/x', '--modelferry-command'])).toBe(null)
})
