/** Слова для кодов, которыми ядро отвечает коротко: `код` или `код: значения`; значения — {a}, {b} и {what}. */
export const said = {
  "note.score": "оценка {a}",
  "note.score-relaxed": "оценка {a}, послаблений: {b}",
  "note.none-asked": "не запрошены",
  "note.no-model-server": "это не сервер модели",
  "note.with-the-model": "в память, вместе с моделью",
  "note.loads-itself": "сервер сам загружает модель",
  "note.no-secret-given": "секретов не передано",
  "note.files": "в файлах: {a}{b, plural, =0 {} other {, в памяти с моделью: #}}",
  "note.traces":
    "{a, plural, =0 {0 следов} one {# след} few {# следа} many {# следов} other {# следа}} в {b, plural, one {# месте} other {# местах}}",
  "note.ready": "готов",

  "given.asked": "как попросили",
  "given.asked-strongest": "как попросили, и это самый надёжный способ",
  "given.strongest-memory": "самый надёжный способ: ни файла, ни окружения",
  "given.strongest-file": "самый надёжный способ, который умеет образ",
  "given.not-text": "значение — не текст, вместе с моделью его не передать",

  "reason.not-asked": "его ещё не спрашивали",
  "reason.not-chosen": "ничего ещё не выбрано",
  "reason.not-given-back": "пробную запись оно приняло, но не вернуло",
  "reason.no-library": "нет библиотеки libsecret (пакет libsecret-1-0) или сборки для этой машины",
  "reason.not-loaded": "модуль не загружается ({what})",
  "reason.no-answer": "оно заперто или ждёт ответа: за 5 секунд не ответило",
  "reason.refused": "пробная запись отклонена ({what})",
  "reason.no-session": "нет сеанса D-Bus ({what})",
  "reason.no-service": "в этом сеансе не запущен ни GNOME Keyring, ни KWallet, ни KeePassXC ({what})",
  "reason.no-keyring": "в нём нет связки для записей, или не удалось спросить пароль от неё ({what})",
  "reason.not-text": "значение — не текст",
  "reason.not-supported": "образ этого не умеет",
  "reason.no-way": "образ не умеет ни одного способа",

  "unchecked.vouched": "Записи с {from}-й по {to}-ю сделаны, когда ключа ещё не было; за них ручается запись {by}.",
  "unchecked.recovered": "Запись {seq}: сбой оборвал {file}; отложено байт: {bytes}, файл {aside}.",
  "unchecked.skipped": "Запись {seq}: не сохранено малозначимых записей: {rows} — журнал не удавалось записать.",
  "unchecked.other-files": "Записи до {seq}-й лежат в других файлах, их не смотрели.",
  "unchecked.no-head":
    "Отдельно хранимой вершины цепочки не было под рукой: обрыв после последней контрольной точки не был бы виден.",
  "unchecked.no-key": "Коды подлинности записей ({rows}): ключа не было под рукой.",
  "unchecked.no-checkpoints": "Контрольных точек ещё нет: обрыв в конце по ним не был бы виден.",
  "unchecked.own-key": "Ключ контрольных точек {key} взят из их же файла: сравните его с ключом консоли.",
  "unchecked.more":
    "{count, plural, one {Ещё # находка не показана} few {Ещё # находки не показаны} many {Ещё # находок не показано} other {Ещё # находки не показаны}}.",

  "practice.note.orion":
    "Здоровый хост: две H100, свежий движок, есть поддержка GPU. Один контейнер на нём запущен небрежно.",
  "practice.note.vega": "Старый движок, и нет поддержки GPU в контейнерах, хотя GPU есть.",
  "practice.note.lyra": "Небольшой хост на плохой линии: время от времени на несколько секунд пропадает.",

  "container.health.healthy": "здоров",
  "container.health.unhealthy": "нездоров",
  "container.health.starting": "запускается",
  "container.health.none": "не проверяется",
  "containers.connecting": "подключение: {names}…",
  "finding.ownRule": "правило Gatehouse",
  "fleet.noToolkit": "GPU есть, поддержки GPU в контейнерах нет",
  "fleet.engineWarns": "Движок предупреждает: {what}",
  "launch.sharedGpu": "занимает {names}: память будет общей",
  "launch.doneText": "{name} работает на {host}, запуск занял {time}.",
  "launch.ask": "Спросить модель",
  "launch.change": "Изменить и повторить",
} as const;
