import { expect, test } from 'vitest'
import { iconOfType } from '../../../renderer/ui/list/row-icons.ts'

test.each(['constructor', '__proto__', 'toString', 'of my own', ''])(
  'shows a file’s icon for the unknown type “%s”',
  (modelType) => expect(iconOfType(modelType)).toBe('file'),
)
