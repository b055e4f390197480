import type { Message } from '../../messages/message.ts'

/** What the page says of watched folders. */
export const watchingMessages = {
  'watched.title': ['Watched folders', '监视的文件夹', '監看的資料夾'],
  'watched.about': [
    'New models in these folders are queued by themselves once they have stopped changing. What lies there already is only offered.',
    '这些文件夹中的新模型在停止变化后会自动加入队列。已有的文件仅作提示，不会自动发送。',
    '這些資料夾中的新模型在停止變動後會自動加入佇列。已有的檔案僅作提示，不會自動傳送。',
  ],
  'watched.none': ['No folder is watched.', '未监视任何文件夹。', '未監看任何資料夾。'],
  'watched.team': ['Team for new models', '新模型的团队', '新模型的團隊'],
  'watched.add': ['Watch a folder…', '监视文件夹…', '監看資料夾…'],
  'watched.to': ['to {team}', '发送到 {team}', '傳送到 {team}'],
  'watched.state-looking': ['Looking through the folder', '正在查看文件夹', '正在檢視資料夾'],
  'watched.state-watching': ['Watching', '监视中', '監看中'],
  'watched.state-paused': [
    'Paused: new models are found when it goes on',
    '已暂停：恢复后会发现新模型',
    '已暫停：恢復後會發現新模型',
  ],
  'watched.state-gone': [
    'The folder can’t be seen. Plug its disk in; watching goes on by itself.',
    '无法访问该文件夹。请接上其所在磁盘，监视会自动继续。',
    '無法存取該資料夾。請接上其所在磁碟，監看會自動繼續。',
  ],
  'watched.state-signed-out': [
    'Nobody is signed in for this team. New models wait for the sign-in.',
    '此团队当前无人登录，新模型将等待登录。',
    '此團隊目前無人登入，新模型將等待登入。',
  ],
  'watched.state-too-many': [
    'Watching, but there are too many files for all to be looked through: new ones may be missed. Watch a folder inside it instead.',
    '监视中，但文件过多，无法全部查看，可能遗漏新文件。请改为监视其中的子文件夹。',
    '監看中，但檔案過多，無法全部檢視，可能遺漏新檔案。請改為監看其中的子資料夾。',
  ],
  'watched.state-too-slow': [
    'Watching, but looking through the folder takes too long: new models may be missed. Check its disk or network, or watch a folder inside it instead.',
    '监视中，但查看此文件夹耗时过长，可能遗漏新模型。请检查磁盘或网络，或改为监视其中的子文件夹。',
    '監看中，但檢視此資料夾耗時過長，可能遺漏新模型。請檢查磁碟或網路，或改為監看其中的子資料夾。',
  ],
  'watched.state-unreadable': [
    'The folder can’t be read, so new models are missed. Allow this app to read it; watching goes on by itself.',
    '无法读取该文件夹，因此会遗漏新模型。请允许此应用读取它，监视会自动继续。',
    '無法讀取該資料夾，因此會遺漏新模型。請允許此應用程式讀取它，監看會自動繼續。',
  ],
  'watched.polled': [
    'network drive, looked at once a minute',
    '网络驱动器，每分钟查看一次',
    '網路磁碟機，每分鐘檢視一次',
  ],
  'watched.settling': [
    '{count, plural, one {# new file is} other {# new files are}} still changing or waiting',
    '{count, number} 个新文件仍在变化或等待中',
    '{count, number} 個新檔案仍在變動或等待中',
  ],
  'watched.incomplete': [
    '{count, plural, one {# new file waits} other {# new files wait}} for the rest of {count, plural, one {its model} other {their models}}: parts are missing or still come',
    '{count, number} 个新文件正在等待其模型的其余部分：缺少文件或仍在到达',
    '{count, number} 個新檔案正在等待其模型的其餘部分：缺少檔案或仍在到達',
  ],
  'watched.team-of': ['Team for new models in {where}', '{where} 中新模型的团队', '{where} 中新模型的團隊'],
  'watched.offered': [
    '{count, plural, one {# model was} other {# models were}} there already ({totalBytes}).',
    '已有 {count, number} 个模型（{totalBytes}）。',
    '已有 {count, number} 個模型（{totalBytes}）。',
  ],
  'watched.send': ['Add them', '全部添加', '全部加入'],
  'watched.decline': ['Leave them', '忽略', '略過'],
  'watched.pause': ['Pause watching {where}', '暂停监视 {where}', '暫停監看 {where}'],
  'watched.resume': ['Go on watching {where}', '继续监视 {where}', '繼續監看 {where}'],
  'watched.remove': ['Stop watching {where}', '停止监视 {where}', '停止監看 {where}'],
} as const satisfies Record<string, Message>
