import type { Message } from '../../messages/message.ts'

/** Files that are one model together, in the list and in the details. */
export const groupMessages = {
  'group.title': [
    `{name}: {kind, select,
      diffusers {one diffusers model}
      shards {one model in parts}
      other {a graph with its weights}
    }`,
    `{name}：{kind, select,
      diffusers {一个 diffusers 模型}
      shards {一个分卷模型}
      other {计算图及其权重}
    }`,
    `{name}：{kind, select,
      diffusers {一個 diffusers 模型}
      shards {一個分卷模型}
      other {計算圖及其權重}
    }`,
  ],
  'group.files': [
    '{count, plural, one {# file} other {# files}}',
    '{count, plural, other {# 个文件}}',
    '{count, plural, other {# 個檔案}}',
  ],
  'group.choose': ['Choose all of {name}', '选中 {name} 的全部文件', '選取 {name} 的全部檔案'],
  'bulk.choose-all': ['Choose all', '全选', '全選'],
  'details.group': ['Belongs to', '属于', '屬於'],
} as const satisfies Record<string, Message>
