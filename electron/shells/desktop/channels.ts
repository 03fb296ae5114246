/** The messages between a page's preload script and main. None carries anything but its name, and one of them a port. */
export const CONNECT_CHANNEL = "gatehouse:connect";
export const PORT_CHANNEL = "gatehouse:port";
/** A person followed a notification to this page: its window is to come to the front. */
export const SHOW_CHANNEL = "gatehouse:show";
/** The core ended, and every port to it with it. */
export const LOST_CHANNEL = "gatehouse:lost";
