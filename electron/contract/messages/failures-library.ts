import type { Message } from '../../messages/message.ts'

/** What stands between a file and a library that has something in its place. */
export const failuresLibrary = {
  'failure.path-taken': [
    '“{name}” is at this library path, with other bytes. Nothing was sent yet; choose what to do.',
    '“{name}”已在此资料库路径，但内容不同。尚未发送任何内容，请选择处理方式。',
    '「{name}」已在此資料庫路徑，但內容不同。尚未傳送任何內容，請選擇處理方式。',
  ],
  'failure.path-taken-here': [
    'Another file in your list, “{name}”, goes to the same library path. Nothing was sent yet; choose what to do.',
    '列表中的另一个文件“{name}”也要放到同一资料库路径。尚未发送任何内容，请选择处理方式。',
    '清單中的另一個檔案「{name}」也要放到同一資料庫路徑。尚未傳送任何內容，請選擇處理方式。',
  ],
  'failure.same-as-other': [
    '“{name}” has the same bytes and goes first. This file waits for it, and then needs no sending.',
    '“{name}”内容相同，会先发送。此文件等它完成，之后无需发送。',
    '「{name}」內容相同，會先傳送。此檔案等它完成，之後無需傳送。',
  ],
  'failure.path-goes-first': [
    '“{name}” goes to the same path first. This file waits for it; then what you chose for a taken path is done.',
    '“{name}”先发送到同一路径。此文件等它完成，之后按您为已占用路径所选的方式处理。',
    '「{name}」先傳送到同一路徑。此檔案等它完成，之後按您為已占用路徑所選的方式處理。',
  ],
  'failure.old-model-stays': [
    'The new model is in the library. The old one, “{name}”, could not be {fate, select, delete {deleted} other {disabled}} and is still there, at {path}.',
    '新模型已入库。旧模型“{name}”未能{fate, select, delete {删除} other {停用}}，仍在 {path}。',
    '新模型已入庫。舊模型「{name}」未能{fate, select, delete {刪除} other {停用}}，仍在 {path}。',
  ],
  'failure.conflict': [
    'The server already has a model at this path. What was sent is safe; choose what to do, then it goes on.',
    '服务器在该路径已有模型。已发送的内容是安全的；请选择处理方式后继续。',
    '伺服器在該路徑已有模型。已傳送的內容是安全的；請選擇處理方式後繼續。',
  ],
} as const satisfies Record<`failure.${string}`, Message>
