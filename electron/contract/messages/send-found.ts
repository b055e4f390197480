import type { Message } from '../../messages/message.ts'

/** What is asked before files go that the app has found itself. */
export const sendFoundMessages = {
  'send-found.question': [
    'Send {count, plural, one {# model} other {# models}} ({sizeBytes}) to the team {team}?',
    '要将 {count} 个模型（{sizeBytes}）发送给团队“{team}”吗？',
    '要將 {count} 個模型（{sizeBytes}）傳送給團隊「{team}」嗎？',
  ],
  'send-found.explanation': [
    'Modelferry found them on this computer. They go to {server}, where everybody in the team can use them.',
    '这些模型由 Modelferry 在本机上找到，将发送到 {server}，团队中的所有人都可以使用。',
    '這些模型由 Modelferry 在本機上找到，將傳送到 {server}，團隊中的所有人都可以使用。',
  ],
  'send-found.send': [
    'Send {count, plural, one {# model} other {# models}}',
    '发送 {count} 个模型',
    '傳送 {count} 個模型',
  ],
} as const satisfies Record<string, Message>
