import { subscribe } from 'node:diagnostics_channel'
import { openSync, writeSync } from 'node:fs'
import process from 'node:process'

// Loaded into each thread of a process by `--import`. Appends number and time (ms since 1970) of each part
// whose response has arrived to the file RESPONSE_TIMES. SIGUSR2 makes the main thread hang for ever.

const descriptor = openSync(process.env['RESPONSE_TIMES'] ?? '', 'a')
subscribe('http.client.response.finish', ({ request }) => {
  const number = new URL(request.path, 'http://storage.invalid').searchParams.get('partNumber')
  if (number !== null) writeSync(descriptor, `${number} ${Date.now()}\n`)
})
process.on('SIGUSR2', () => {
  writeSync(descriptor, 'hangs\n')
  for (;;);
})
