import { beforeEach } from 'vitest'
import { page } from 'vitest/browser'
import { cleanup } from 'vitest-browser-svelte/pure'

// All files of a worker share one page: each test starts with an empty one of the usual size. The pointer stays where the
// test before left it, and what a test changes outside of its components it undoes.

beforeEach(async () => {
  cleanup()
  await page.viewport(960, 640)
})
