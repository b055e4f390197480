import { expect, test } from 'vitest'
import { pageCommandOf } from '../../../../electron/desktop/integration/deep-link.ts'

test.each([
  ['modelferry://show/uploads', 'show-uploads'],
  ['modelferry://show/history', 'show-history'],
  ['modelferry://show/settings/', 'show-settings'],
])('%s shows a view', (link, command) => {
  expect(pageCommandOf(link)).toBe(command)
})

test.each([
  'modelferry://show/uploads?file=/etc/passwd',
  'modelferry://show/uploads#x',
  'modelferry://show/uploads/../settings',
  'modelferry://user:secret@show/uploads',
  'modelferry://show:80/uploads',
  'MODELFERRY://show/uploads',
  'modelferry:show/uploads',
  'modelferry://add/home/me/model.safetensors',
  'modelferry://toString',
  'modelferry://show/uploads\n',
  ' modelferry://show/uploads',
  'https://modelferry.app/show/uploads',
  '',
])('%j is rejected', (link) => {
  expect(pageCommandOf(link)).toBeNull()
})
