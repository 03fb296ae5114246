/** The few words that main itself shows; everything else is in the page's catalogue. */
const english = {
  file: "File",
  edit: "Edit",
  view: "View",
  window: "Window",
  newWindow: "New Window",
  closeWindow: "Close Window",
  quit: "Quit Gatehouse",
  about: "About Gatehouse",
  hide: "Hide Gatehouse",
  hideOthers: "Hide Others",
  showAll: "Show All",
  undo: "Undo",
  redo: "Redo",
  cut: "Cut",
  copy: "Copy",
  paste: "Paste",
  selectAll: "Select All",
  reload: "Reload",
  actualSize: "Actual Size",
  zoomIn: "Zoom In",
  zoomOut: "Zoom Out",
  fullScreen: "Full Screen",
  devTools: "Developer Tools",
  minimize: "Minimize",
  restartedTitle: "Gatehouse restarted its core",
  restartedBody: "It ended unexpectedly. Containers on the hosts were not touched; look at what was under way.",
  cannotStart: "Gatehouse cannot start",
  endsAgain: "The core ended several times in a row. The terminal that started Gatehouse has the details.",
};

export type Words = typeof english;

const russian: Words = {
  file: "Файл",
  edit: "Правка",
  view: "Вид",
  window: "Окно",
  newWindow: "Новое окно",
  closeWindow: "Закрыть окно",
  quit: "Завершить Gatehouse",
  about: "О программе Gatehouse",
  hide: "Скрыть Gatehouse",
  hideOthers: "Скрыть остальные",
  showAll: "Показать все",
  undo: "Отменить",
  redo: "Повторить",
  cut: "Вырезать",
  copy: "Копировать",
  paste: "Вставить",
  selectAll: "Выделить все",
  reload: "Обновить",
  actualSize: "Обычный размер",
  zoomIn: "Крупнее",
  zoomOut: "Мельче",
  fullScreen: "Во весь экран",
  devTools: "Инструменты разработчика",
  minimize: "Свернуть",
  restartedTitle: "Ядро Gatehouse перезапущено",
  restartedBody: "Оно неожиданно завершилось. Контейнеры на хостах не затронуты; проверьте то, что выполнялось.",
  cannotStart: "Gatehouse не запускается",
  endsAgain: "Ядро завершилось несколько раз подряд. Подробности в терминале, из которого запущен Gatehouse.",
};

/** Words of a locale of Electron's `app.getLocale()` (BCP 47); English where there are none. */
export function wordsFor(locale: string): Words {
  return locale.toLowerCase().split("-")[0] === "ru" ? russian : english;
}
