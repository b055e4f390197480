import type { Message } from '../../messages/message.ts'

/** What the page says where many files are changed at once. */
export const bulkEditMessages = {
  'bulk-edit.open': ['Change type, path and names…', '更改类型、路径和名称…', '變更類型、路徑與名稱…'],
  'bulk-edit.title': [
    'Change {count, plural, one {# file} other {# files}}',
    '更改 {count, number} 个文件',
    '變更 {count, number} 個檔案',
  ],
  'bulk-edit.started': [
    '{count, plural, one {# of the chosen files has begun and stays as it is.} other {# of the chosen files have begun and stay as they are.}}',
    '所选文件中有 {count, number} 个已开始发送，保持不变。',
    '所選檔案中有 {count, number} 個已開始傳送，維持不變。',
  ],
  'bulk-edit.type': ['Type', '类型', '類型'],
  'bulk-edit.folder': ['Library folder', '资料库文件夹', '資料庫資料夾'],
  'bulk-edit.file-name': ['File name', '文件名', '檔案名稱'],
  'bulk-edit.display-name': ['Display name', '显示名称', '顯示名稱'],
  'bulk-edit.stays': ['stays as it is', '保持不变', '維持不變'],
  'bulk-edit.fields': ['Put in for each file:', '按文件替换：', '依檔案代入：'],
  'bulk-edit.field-name': ['file name without its ending', '不含扩展名的文件名', '不含副檔名的檔名'],
  'bulk-edit.field-ext': ['ending', '扩展名', '副檔名'],
  'bulk-edit.field-type': ['type', '类型', '類型'],
  'bulk-edit.field-base': ['base model', '基础模型', '基礎模型'],
  'bulk-edit.field-folder': ['folders below the type', '类型下的文件夹', '類型下的資料夾'],
  'bulk-edit.field-n': ['number; nnn counts 001, 002', '序号；nnn 为 001、002', '序號；nnn 為 001、002'],
  'bulk-edit.preview': ['What they become', '更改结果', '變更結果'],
  'bulk-edit.more': [
    'and {count, plural, one {# more file} other {# more files}}',
    '以及另外 {count, number} 个文件',
    '以及另外 {count, number} 個檔案',
  ],
  'bulk-edit.nothing': ['Nothing changes yet.', '尚无更改。', '尚無變更。'],
  'bulk-edit.problems': [
    '{count, plural, one {# file} other {# files}} can’t be changed like this:',
    '有 {count, number} 个文件无法这样更改：',
    '有 {count, number} 個檔案無法這樣變更：',
  ],
  'bulk-edit.problem-field': [
    'There is no such word in braces',
    '花括号中的词无法识别',
    '大括號中的詞無法識別',
  ],
  'bulk-edit.problem-path': [
    'The server takes letters, digits and _ . / - and spaces, and no empty folder',
    '服务器只接受字母、数字、_ . / - 和空格，且不能有空文件夹名',
    '伺服器只接受字母、數字、_ . / - 與空格，且不能有空資料夾名稱',
  ],
  'bulk-edit.problem-name': [
    'A display name has 1 to 255 characters',
    '显示名称须为 1 到 255 个字符',
    '顯示名稱須為 1 到 255 個字元',
  ],
  'bulk-edit.problem-type': [
    'A type has 1 to 50 characters',
    '类型须为 1 到 50 个字符',
    '類型須為 1 到 50 個字元',
  ],
  'bulk-edit.problem-meets': [
    'Another file would have the same path; {token} tells them apart',
    '与另一个文件路径相同；可用 {token} 区分',
    '與另一個檔案路徑相同；可用 {token} 區分',
  ],
  'bulk-edit.apply': [
    'Change {count, plural, one {# file} other {# files}}',
    '更改 {count, number} 个文件',
    '變更 {count, number} 個檔案',
  ],
  'bulk-edit.done': [
    '{count, plural, =0 {Nothing was changed.} one {# file was changed.} other {# files were changed.}}{missed, plural, =0 {} one { # has begun meanwhile and stays as it is.} other { # have begun meanwhile and stay as they are.}}',
    '{count, plural, =0 {未作任何更改。} other {已更改 # 个文件。}}{missed, plural, =0 {} other {有 # 个已在此期间开始发送，保持不变。}}',
    '{count, plural, =0 {未作任何變更。} other {已變更 # 個檔案。}}{missed, plural, =0 {} other {有 # 個已在此期間開始傳送，維持不變。}}',
  ],
  'bulk-edit.undo': ['Undo', '撤销', '復原'],
  'bulk-edit.undone': [
    'The change was taken back{stay, plural, =0 {.} one {, but for # file that has begun or left the list.} other {, but for # files that have begun or left the list.}}',
    '已撤销更改{stay, plural, =0 {。} other {，但有 # 个文件已开始发送或已离开列表，未能撤销。}}',
    '已復原變更{stay, plural, =0 {。} other {，但有 # 個檔案已開始傳送或已離開清單，未能復原。}}',
  ],
  'bulk-edit.cancel': ['Cancel', '取消', '取消'],
} as const satisfies Record<string, Message>
