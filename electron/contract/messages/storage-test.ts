import type { Message } from '../../messages/message.ts'

/** What a test of the way to storage asks, and says of what it found. */
export const storageTestMessages = {
  'storage-test.title': ['Way to storage', '到存储的线路', '到儲存的線路'],
  'storage-test.note': [
    'Models go straight to your team’s storage, not through the server. This tries that way and tells how fast it is.',
    '模型会直接传到团队的存储，不经过服务器。此测试会检查这条线路及其速度。',
    '模型會直接傳到團隊的儲存，不經過伺服器。此測試會檢查這條線路及其速度。',
  ],
  'storage-test.start': ['Test storage…', '测试存储…', '測試儲存…'],
  'storage-test.question': [
    'This sends 8 MiB to your team’s storage and takes it back. Nothing is added to the library. Go on?',
    '将向团队的存储发送 8 MiB，然后取回删除，不会在资料库中添加任何内容。是否继续？',
    '將向團隊的儲存傳送 8 MiB，然後取回刪除，不會在資料庫中加入任何內容。是否繼續？',
  ],
  'storage-test.yes': ['Send 8 MiB', '发送 8 MiB', '傳送 8 MiB'],
  'storage-test.no': ['Don’t send', '不发送', '不傳送'],
  'storage-test.stop': ['Stop', '停止', '停止'],
  'storage-test.no-device': [
    'This computer was paired in the browser, and such a sign-in can’t send in parts, which is how the test leaves nothing behind. Sign in with your password to test storage.',
    '此电脑通过浏览器配对登录，这种登录无法分块发送，而测试需要分块才能不留痕迹。请用密码登录后再测试存储。',
    '此電腦透過瀏覽器配對登入，這種登入無法分塊傳送，而測試需要分塊才能不留痕跡。請用密碼登入後再測試儲存。',
  ],
  'storage-test.no-sign-in': [
    'Sign in with your password and choose a team to test its storage.',
    '请用密码登录并选择团队，然后测试其存储。',
    '請用密碼登入並選擇團隊，然後測試其儲存。',
  ],
  'storage-test.running': ['Sending… {percent}%', '正在发送… {percent}%', '正在傳送… {percent}%'],
  'storage-test.good': [
    'Storage took 8 MiB in {seconds} s, {speedBytes}/s. At this speed a model of 10 GB takes about {unit, select, hours {{amount, plural, one {# hour} other {# hours}}} other {{amount, plural, one {# minute} other {# minutes}}}}.',
    '存储在 {seconds} 秒内收到 8 MiB，速度 {speedBytes}/s。按此速度，10 GB 的模型约需 {unit, select, hours {{amount, plural, other {# 小时}}} other {{amount, plural, other {# 分钟}}}}。',
    '儲存在 {seconds} 秒內收到 8 MiB，速度 {speedBytes}/s。依此速度，10 GB 的模型約需 {unit, select, hours {{amount, plural, other {# 小時}}} other {{amount, plural, other {# 分鐘}}}}。',
  ],
  'storage-test.limited': [
    'Your speed limit holds for this too.',
    '您设置的速度上限对此也有效。',
    '您設定的速度上限對此也有效。',
  ],
  'storage-test.bad': [
    'Storage could not be reached or didn’t take it.',
    '无法连接存储，或存储未接收。',
    '無法連線儲存，或儲存未接收。',
  ],
  'storage-test.cancelled': ['Stopped.', '已停止。', '已停止。'],
  'storage-test.taken-back': ['It was taken back.', '已取回删除。', '已取回刪除。'],
  'storage-test.left': [
    'It could not be taken back yet; the app goes on trying until it is.',
    '尚未取回删除；应用会继续尝试，直到完成。',
    '尚未取回刪除；應用程式會繼續嘗試，直到完成。',
  ],
} as const satisfies Record<string, Message>
