import type { Message } from '../../messages/message.ts'

/** What the shell says around the page: tray, menus, dialogs, notifications. */
export const desktopMessages = {
  'desktop.sum-idle': ['Nothing to send', '没有要发送的内容', '沒有要傳送的內容'],
  'desktop.sum-running': [
    '{running, plural, one {Sending # file} other {Sending # files}}, {percent}%',
    '正在发送 {running} 个文件，{percent}%',
    '正在傳送 {running} 個檔案，{percent}%',
  ],
  'desktop.sum-waiting': ['{waiting, plural, other {# waiting}}', '{waiting} 个等待中', '{waiting} 個等待中'],
  'desktop.sum-paused': [
    '{paused, plural, one {# file paused} other {# files paused}}',
    '{paused} 个文件已暂停',
    '{paused} 個檔案已暫停',
  ],
  'desktop.sum-needs-you': [
    '{needsYou, plural, one {# file needs you} other {# files need you}}',
    '{needsYou} 个文件需要您处理',
    '{needsYou} 個檔案需要您處理',
  ],
  'desktop.speed': ['{speedBytes}/s', '{speedBytes}/秒', '{speedBytes}/秒'],
  'desktop.left-under-minute': ['less than a minute left', '剩余不到一分钟', '剩餘不到一分鐘'],
  'desktop.left-minutes': [
    'about {minutes, number} min left',
    '剩余约 {minutes, number} 分钟',
    '剩餘約 {minutes, number} 分鐘',
  ],
  'desktop.left-hours': [
    'about {hours, number} h left',
    '剩余约 {hours, number} 小时',
    '剩餘約 {hours, number} 小時',
  ],

  'tray.open': ['Open Modelferry', '打开 Modelferry', '開啟 Modelferry'],
  'tray.pause-all': ['Pause all', '全部暂停', '全部暫停'],
  'tray.resume-all': ['Resume all', '全部继续', '全部繼續'],
  'tray.quit': ['Quit', '退出', '結束'],

  'close.question': [
    'Keep sending when the window is closed?',
    '关闭窗口后继续发送吗？',
    '關閉視窗後繼續傳送嗎？',
  ],
  'close.explanation': [
    'Modelferry can go on in the background; its icon shows that it does. This is asked once and can be changed in Settings.',
    'Modelferry 可以在后台继续运行，其图标会显示运行状态。此问题只询问一次，可在“设置”中更改。',
    'Modelferry 可以在背景繼續執行，其圖示會顯示執行狀態。此問題只詢問一次，可在「設定」中變更。',
  ],
  'close.keep-sending': ['Keep sending', '继续发送', '繼續傳送'],
  'close.quit': ['Quit', '退出', '結束'],

  'quit.question': [
    '{running, plural, one {# file is being sent. Quit?} other {# files are being sent. Quit?}}',
    '正在发送 {running} 个文件。要退出吗？',
    '正在傳送 {running} 個檔案。要結束嗎？',
  ],
  'quit.explanation': [
    'Nothing is lost: sending continues when Modelferry is opened again. A file that goes in one piece starts over.',
    '不会丢失任何内容：再次打开 Modelferry 时会继续发送。整个发送的文件会从头开始。',
    '不會遺失任何內容：再次開啟 Modelferry 時會繼續傳送。整個傳送的檔案會從頭開始。',
  ],
  'quit.quit': ['Quit and continue next time', '退出，下次继续', '結束，下次繼續'],
  'quit.keep-sending': ['Keep sending', '继续发送', '繼續傳送'],

  'start.failed': ['Modelferry could not start', 'Modelferry 无法启动', 'Modelferry 無法啟動'],
  'start.failed-newer': [
    'Your uploads were last opened by a newer version of Modelferry. Nothing was changed: install that version again, and they are there. The log is in {logFolder}.',
    '您的上传任务上次由更新版本的 Modelferry 打开。没有任何更改：重新安装该版本后，它们都还在。日志位于 {logFolder}。',
    '您的上傳工作上次由較新版本的 Modelferry 開啟。沒有任何變更：重新安裝該版本後，它們都還在。記錄檔位於 {logFolder}。',
  ],
  'start.failed-full': [
    'The disk that Modelferry keeps its queue on is full. Nothing was changed: make some room, then start it again. The log is in {logFolder}.',
    'Modelferry 存放队列的磁盘已满。没有任何更改：请腾出一些空间，然后重新启动。日志位于 {logFolder}。',
    'Modelferry 存放佇列的磁碟已滿。沒有任何變更：請騰出一些空間，然後重新啟動。記錄檔位於 {logFolder}。',
  ],
  'start.failed-not-writable': [
    'Modelferry may not write to the folder that it keeps its queue in. Nothing was changed: give yourself the right to write there, then start it again. The log is in {logFolder}.',
    'Modelferry 无权写入存放队列的文件夹。没有任何更改：请为自己授予写入权限，然后重新启动。日志位于 {logFolder}。',
    'Modelferry 無權寫入存放佇列的資料夾。沒有任何變更：請為自己授予寫入權限，然後重新啟動。記錄檔位於 {logFolder}。',
  ],
  'start.failed-other': [
    'Nothing was changed. Why it could not is in {logFolder}; start it again, and if that doesn’t help, send that folder with a report.',
    '没有任何更改。原因记录在 {logFolder}；请重新启动，如果仍然不行，请在报告问题时附上该文件夹。',
    '沒有任何變更。原因記錄在 {logFolder}；請重新啟動，如果仍然不行，請在回報問題時附上該資料夾。',
  ],

  'dialog.cancel': ['Cancel', '取消', '取消'],
  'dialog.ok': ['OK', '好', '好'],

  'pick.files': ['Add model files', '添加模型文件', '加入模型檔案'],
  'pick.folder': ['Add a folder of models', '添加模型文件夹', '加入模型資料夾'],
  'pick.add': ['Add', '添加', '加入'],
  'pick.models': ['Model files', '模型文件', '模型檔案'],
  'pick.all': ['All files', '所有文件', '所有檔案'],

  'notice.batch-done': [
    '{registered, plural, one {# model is in the library.} other {# models are in the library.}}',
    '{registered} 个模型已进入资料库。',
    '{registered} 個模型已進入資料庫。',
  ],
  'notice.some-failed': [
    '{failed, plural, one {# file needs you.} other {# files need you.}}',
    '{failed} 个文件需要您处理。',
    '{failed} 個檔案需要您處理。',
  ],
  'notice.several-need-you': [
    '{failed, plural, one {# file needs you. Open Modelferry to see why.} other {# files need you. Open Modelferry to see why.}}',
    '{failed} 个文件需要您处理。打开 Modelferry 查看原因。',
    '{failed} 個檔案需要您處理。開啟 Modelferry 查看原因。',
  ],

  'menu.file': ['&File', '文件', '檔案'],
  'menu.add-files': ['Add files…', '添加文件…', '加入檔案…'],
  'menu.add-folder': ['Add folder…', '添加文件夹…', '加入資料夾…'],
  'menu.close': ['Close window', '关闭窗口', '關閉視窗'],
  'menu.quit': ['Quit {name}', '退出 {name}', '結束 {name}'],
  'menu.edit': ['&Edit', '编辑', '編輯'],
  'menu.undo': ['Undo', '撤销', '復原'],
  'menu.redo': ['Redo', '重做', '重做'],
  'menu.cut': ['Cut', '剪切', '剪下'],
  'menu.copy': ['Copy', '复制', '複製'],
  'menu.paste': ['Paste', '粘贴', '貼上'],
  'menu.select-all': ['Select all', '全选', '全選'],
  'menu.find': ['Find', '查找', '尋找'],
  'menu.view': ['&View', '查看', '檢視'],
  'menu.uploads': ['Uploads', '上传', '上傳'],
  'menu.history': ['History', '历史记录', '歷程記錄'],
  'menu.settings': ['Settings…', '设置…', '設定…'],
  'menu.actual-size': ['Actual size', '实际大小', '實際大小'],
  'menu.zoom-in': ['Zoom in', '放大', '放大'],
  'menu.zoom-out': ['Zoom out', '缩小', '縮小'],
  'menu.full-screen': ['Full screen', '全屏', '全螢幕'],
  'menu.window': ['&Window', '窗口', '視窗'],
  'menu.minimise': ['Minimise', '最小化', '最小化'],
  'menu.zoom': ['Zoom', '缩放', '縮放'],
  'menu.front': ['Bring all to front', '全部置于顶层', '全部移至最前'],
  'menu.help': ['&Help', '帮助', '說明'],
  'menu.documentation': ['Documentation', '文档', '說明文件'],
  'menu.web-app': ['Open Cyberun Cloud', '打开 Cyberun Cloud', '開啟 Cyberun Cloud'],
  'menu.licences': ['Licences', '许可证', '授權條款'],
  'menu.about': ['About {name}', '关于 {name}', '關於 {name}'],
  'menu.services': ['Services', '服务', '服務'],
  'menu.hide': ['Hide {name}', '隐藏 {name}', '隱藏 {name}'],
  'menu.hide-others': ['Hide others', '隐藏其他', '隱藏其他'],
  'menu.show-all': ['Show all', '全部显示', '全部顯示'],
} as const satisfies Record<string, Message>
