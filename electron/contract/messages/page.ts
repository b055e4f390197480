import type { Message } from '../../messages/message.ts'
import { detailMessages } from './page-details.ts'
import { settingMessages } from './page-settings.ts'
import { signInMessages } from './page-sign-in.ts'
import { transferMessages } from './page-transfer.ts'

/** What the page itself says: the list, its rows and everything around it. */
export const pageMessages = {
  ...detailMessages,
  ...settingMessages,
  ...signInMessages,
  ...transferMessages,

  'phase.waiting': ['Waiting', '等待中', '等待中'],
  'phase.checking': ['Checking', '检查中', '檢查中'],
  'phase.sending': ['Sending', '发送中', '傳送中'],
  'phase.finishing': ['Finishing', '收尾中', '收尾中'],
  'phase.registering': ['Registering', '登记中', '登記中'],
  'phase.registered': ['In the library', '已入库', '已入庫'],
  'phase.retrying': ['Waiting', '等待中', '等待中'],
  'phase.paused': ['Paused', '已暂停', '已暫停'],
  'phase.failed': ['Failed', '失败', '失敗'],

  'group.needs-you': ['Needs you', '需要您处理', '需要您處理'],
  'group.running': ['Running', '进行中', '進行中'],
  'group.waiting': ['Waiting', '等待中', '等待中'],
  'group.done': ['Done today', '今日完成', '今日完成'],
  'group.latest': [
    '{all, number}, the latest {shown, number} here, all in History',
    '{all, number}，此处为最近 {shown, number} 个，全部见历史记录',
    '{all, number}，此處為最近 {shown, number} 個，全部見歷程記錄',
  ],

  'time.under-minute': ['less than a minute', '不到 1 分钟', '不到 1 分鐘'],
  'time.minutes': ['about {minutes} min', '约 {minutes} 分钟', '約 {minutes} 分鐘'],
  'time.hours': ['about {hours} h', '约 {hours} 小时', '約 {hours} 小時'],
  'time.hours-minutes': [
    'about {hours} h {minutes} min',
    '约 {hours} 小时 {minutes} 分钟',
    '約 {hours} 小時 {minutes} 分鐘',
  ],
  'time.days': [
    'about {days, plural, one {# day} other {# days}}',
    '约 {days, number} 天',
    '約 {days, number} 天',
  ],
  'size.exact': [
    '{count, plural, one {# byte} other {# bytes}}',
    '{count, number} 字节',
    '{count, number} 位元組',
  ],

  'view.switch': ['Views', '视图', '檢視'],
  'view.uploads': ['Uploads', '上传', '上傳'],
  'view.library': ['Library', '资料库', '資料庫'],
  'view.history': ['History', '历史记录', '歷程記錄'],
  'view.settings': ['Settings', '设置', '設定'],
  'menu.label': ['More', '更多', '更多'],

  'team.picker': ['Team: {team}', '团队：{team}', '團隊：{team}'],
  'team.none': ['No team', '未选择团队', '未選擇團隊'],
  'team.sign-in-again': ['Sign in again: {account}', '重新登录：{account}', '重新登入：{account}'],
  'team.sign-out': ['Sign out {account}', '退出登录 {account}', '登出 {account}'],

  'add.label': ['Add', '添加', '新增'],
  'add.files': ['Choose files…', '选择文件…', '選擇檔案…'],
  'add.folder': ['Choose a folder…', '选择文件夹…', '選擇資料夾…'],
  'drop.to-team': ['Drop to send to {team}', '松开即可发送到 {team}', '放開即可傳送到 {team}'],
  'drop.no-team': ['Choose a team first, then drop', '请先选择团队，再拖放', '請先選擇團隊，再拖放'],
  'drop.what': ['Model files and folders', '模型文件和文件夹', '模型檔案和資料夾'],
  'empty.sentence': [
    'Drop model files here and they go to {team}.',
    '将模型文件拖到这里，即可发送到 {team}。',
    '將模型檔案拖到這裡，即可傳送到 {team}。',
  ],
  'empty.no-team': [
    'Choose a team, then drop model files here.',
    '请选择团队，然后将模型文件拖到这里。',
    '請選擇團隊，然後將模型檔案拖到這裡。',
  ],

  'report.added': [
    '{count, plural, =0 {Nothing new was added.} one {# file added.} other {# files added.}}',
    '{count, plural, =0 {没有新增内容。} other {已添加 # 个文件。}}',
    '{count, plural, =0 {沒有新增內容。} other {已新增 # 個檔案。}}',
  ],
  'report.refused': [
    '{count, plural, one {# can’t be sent.} other {# can’t be sent.}}',
    '{count, number} 个无法发送。',
    '{count, number} 個無法傳送。',
  ],
  'report.skipped': [
    '{count, plural, one {# skipped} other {# skipped}}',
    '已跳过 {count, number} 个',
    '已略過 {count, number} 個',
  ],
  'report.skipped-list': ['Skipped files', '已跳过的文件', '已略過的檔案'],
  'report.more': ['and {count, number} more', '还有 {count, number} 个', '還有 {count, number} 個'],
  'report.reason-unknown': ['Not sent', '未发送', '未傳送'],

  'headline.left': ['{time} left', '剩余{time}', '剩餘{time}'],
  'headline.sending': [
    '{count, plural, one {Sending # file} other {Sending # files}}',
    '正在发送 {count, number} 个文件',
    '正在傳送 {count, number} 個檔案',
  ],
  'headline.all-paused': ['Everything is paused', '已全部暂停', '已全部暫停'],
  'headline.waiting': [
    '{count, plural, one {# file is waiting} other {# files are waiting}}',
    '{count, number} 个文件等待中',
    '{count, number} 個檔案等待中',
  ],
  'headline.paused': [
    '{count, plural, one {# file is paused} other {# files are paused}}',
    '{count, number} 个文件已暂停',
    '{count, number} 個檔案已暫停',
  ],
  'headline.needs-you': [
    '{count, plural, one {# file needs you} other {# files need you}}',
    '{count, number} 个文件需要您处理',
    '{count, number} 個檔案需要您處理',
  ],
  'headline.done': ['All in the library', '全部已入库', '全部已入庫'],
  'summary.label': ['Overview', '概览', '概覽'],
  'summary.running': ['{count, number} running', '{count, number} 个进行中', '{count, number} 個進行中'],
  'summary.waiting': ['{count, number} waiting', '{count, number} 个等待中', '{count, number} 個等待中'],
  'summary.paused': ['{count, number} paused', '{count, number} 个已暂停', '{count, number} 個已暫停'],
  'summary.done': [
    '{count, number} done today',
    '今日完成 {count, number} 个',
    '今日完成 {count, number} 個',
  ],
  'summary.bytes': [
    '{movedBytes} of {totalBytes}',
    '{movedBytes} / {totalBytes}',
    '{movedBytes} / {totalBytes}',
  ],
  'summary.needs-you': [
    '{count, plural, one {# needs you} other {# need you}}',
    '{count, number} 个需要处理',
    '{count, number} 個需要處理',
  ],
  'summary.progress': ['Progress of everything', '总进度', '總進度'],
  'summary.pause-all': ['Pause all', '全部暂停', '全部暫停'],
  'summary.resume-all': ['Resume all', '全部继续', '全部繼續'],

  'list.label': ['Uploads', '上传列表', '上傳清單'],
  'row.label': [
    '{name}, {size}, {phase}, {percent} percent',
    '{name}，{size}，{phase}，百分之 {percent}',
    '{name}，{size}，{phase}，百分之 {percent}',
  ],
  'row.percent': ['{percent}%', '{percent}%', '{percent}%'],
  'row.progress': ['Progress of {name}', '{name} 的进度', '{name} 的進度'],
  'row.speed': ['{speedBytes}/s', '{speedBytes}/s', '{speedBytes}/s'],
  'row.retry-at': ['again at {time}', '{time} 重试', '{time} 重試'],
  'row.pause': ['Pause', '暂停', '暫停'],
  'row.resume': ['Resume', '继续', '繼續'],
  'row.to-top': ['Move to top', '移到最前', '移到最前'],
  'row.try-now': ['Try now', '立即重试', '立即重試'],
  'row.cancel': ['Cancel upload', '取消上传', '取消上傳'],
  'row.forget': ['Remove from this list', '从列表中移除', '從清單中移除'],
  'row.copy-id': ['Copy model id', '复制模型 ID', '複製模型 ID'],
  'row.copy-sha256': ['Copy SHA-256', '复制 SHA-256', '複製 SHA-256'],

  'field.name': ['Name', '名称', '名稱'],
  'field.type': ['Type', '类型', '類型'],
  'field.path': ['Library path', '资料库路径', '資料庫路徑'],
  'field.edit': ['{field}: {value}. Change', '{field}：{value}。更改', '{field}：{value}。變更'],
  'edit.begun': [
    '“{name}” has begun meanwhile and stays as it is; it can be changed in the library once it is there. You had typed: {typed}',
    '“{name}”已在此期间开始发送，保持不变；入库后可在资料库中更改。您输入的内容：{typed}',
    '「{name}」已在此期間開始傳送，維持不變；入庫後可在資料庫中變更。您輸入的內容：{typed}',
  ],
  'edit.copy': ['Copy it', '复制', '複製'],
  'field.use': ['Use {path}', '改用 {path}', '改用 {path}'],

  'trouble.plain': ['Something went wrong.', '出现了问题。', '發生了問題。'],
  'remedy.retry': ['Try again', '重试', '重試'],
  'remedy.sign-in': ['Sign in', '登录', '登入'],
  'remedy.edit': ['Change', '修改', '修改'],
  'remedy.remove': ['Remove', '移除', '移除'],
  'remedy.settings': ['Open settings', '打开设置', '開啟設定'],

  'ask.label': ['Cancel?', '要取消吗？', '要取消嗎？'],
  'ask.one': [
    'Cancel “{name}”? What was sent so far is thrown away.',
    '取消“{name}”？已发送的部分将被丢弃。',
    '取消「{name}」？已傳送的部分將被捨棄。',
  ],
  'ask.many': [
    'Cancel {count, plural, one {# upload} other {# uploads}}? What was sent so far is thrown away.',
    '取消 {count, number} 个上传？已发送的部分将被丢弃。',
    '取消 {count, number} 個上傳？已傳送的部分將被捨棄。',
  ],
  'ask.many-unsent': [
    'Cancel {count, plural, one {# upload} other {# uploads}}? Nothing was sent yet; what you changed in their names and paths is lost.',
    '取消 {count, number} 个上传？尚未发送任何内容；您对名称和路径的修改将丢失。',
    '取消 {count, number} 個上傳？尚未傳送任何內容；您對名稱和路徑的修改將遺失。',
  ],
  'ask.yes': ['Cancel upload', '取消上传', '取消上傳'],
  'ask.yes-many': [
    '{count, plural, one {Cancel # upload} other {Cancel # uploads}}',
    '取消 {count, number} 个上传',
    '取消 {count, number} 個上傳',
  ],
  'ask.no': ['Keep', '保留', '保留'],

  'bulk.label': ['Chosen files', '所选文件', '所選檔案'],
  'bulk.chosen': [
    '{count, plural, one {# chosen} other {# chosen}}',
    '已选 {count, number} 个',
    '已選 {count, number} 個',
  ],
  'bulk.remove': ['Cancel or remove', '取消或移除', '取消或移除'],
  'bulk.clear': ['Choose none', '取消选择', '取消選擇'],

  'filter.label': ['Find in uploads', '在上传中查找', '在上傳中尋找'],
  'filter.found': [
    '{count, plural, one {# found} other {# found}}',
    '找到 {count, number} 个',
    '找到 {count, number} 個',
  ],
  'filter.none': ['Nothing here has that name.', '没有匹配的名称。', '沒有相符的名稱。'],
  'filter.close': ['Close the search', '关闭查找', '關閉尋找'],

  'notice.copied': ['Copied', '已复制', '已複製'],
  'notice.close': ['Close', '关闭', '關閉'],

  'live.start': [
    '{count, plural, one {Sending # file.} other {Sending # files.}}',
    '开始发送 {count, number} 个文件。',
    '開始傳送 {count, number} 個檔案。',
  ],
  'live.quarter': ['{percent} percent sent.', '已发送百分之 {percent}。', '已傳送百分之 {percent}。'],
  'live.done': ['{name} is in the library.', '{name} 已入库。', '{name} 已入庫。'],
  'live.done-many': [
    '{count, number} files are in the library.',
    '{count, number} 个文件已入库。',
    '{count, number} 個檔案已入庫。',
  ],
  'live.trouble': ['{name}: {sentence}', '{name}：{sentence}', '{name}：{sentence}'],
} as const satisfies Record<string, Message>
