export const connections = {
  "config.host": "Хост из конфигурации ssh",
  "config.none": "Нет: введён ниже",
  "config.source": "Назван в {source}.",
  "config.resolvedBy.ssh": "Прочитано клиентом OpenSSH.",
  "config.resolvedBy.parser": "Прочитано самой консолью: клиент OpenSSH не используется.",
  "config.via": "Через {via}.",
  "config.unusable": "В таком виде этот хост использовать нельзя",
  "config.notHonoured":
    "{count, plural, one {Не соблюдается # настройка} few {Не соблюдаются # настройки} many {Не соблюдается # настроек} other {Не соблюдается # настройки}}",
  "config.problem.loop": "{source} включает файл, который снова включает его; он пропущен.",
  "config.problem.too-deep": "{source}: слишком глубокая вложенность; файл пропущен.",
  "config.problem.too-large": "{source}: файл слишком велик и пропущен.",
  "config.problem.unreadable": "{source} не читается.",
  "config.truncated":
    "{count, plural, one {Ещё # хост не показан} few {Ещё # хоста не показаны} many {Ещё # хостов не показаны} other {Ещё # хоста не показаны}}.",

  "route.title": "Путь к хосту",
  "route.config": "Имя в конфигурации ssh",
  "route.target": "Маршрут",
  "route.proxyCommand": "Команда-посредник",
  "route.resolved": "Конфигурация",
  "route.keys": "Ключи",
  "route.channels": "Каналы",
  "route.channelsOf": "открыто {open} из {limit}, ждут {waiting}",
} as const;
