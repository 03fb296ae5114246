import "../ui/tokens.css";
import "../ui/base.css";
import "../ui/controls.css";
import "../ui/display.css";
import "../ui/surfaces.css";
import "./frame.css";
import "./page.css";
