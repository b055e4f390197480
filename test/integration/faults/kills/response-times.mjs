import { subscribe } from 'node:diagnostics_channel'
import { writeSync } from 'node:fs'
import process from 'node:process'

// Loaded into each thread of a process by `--import`. Writes number and time (ms since 1970) of each part whose
// response has arrived to a pipe, since a disk could delay it. SIGUSR2 makes the main thread hang for ever.

const pipe = 3
subscribe('http.client.response.finish', ({ request }) => {
  const number = new URL(request.path, 'http://storage.invalid').searchParams.get('partNumber')
  if (number !== null) writeSync(pipe, `${number} ${Date.now()}\n`)
})
process.on('SIGUSR2', () => {
  writeSync(pipe, 'hangs\n')
  for (;;);
})
