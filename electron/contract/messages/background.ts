import type { Message } from '../message.ts'

/** What page and shell say about being at home on this computer: background, power, lines, schedule. */
export const backgroundMessages = {
  'settings.sections': ['Sections', '分类', '分類'],
  'settings.background': ['Background', '后台', '背景'],
} as const satisfies Record<string, Message>
