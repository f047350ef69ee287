import { render } from "preact";
import { App } from "./app.tsx";
import "./styles/tokens.css";
import "./styles/page.css";
import "./styles/forms.css";
import "./styles/parts.css";
import "./styles/panels.css";
import "./styles/charts.css";
import "./styles/queue.css";
import "./styles/run.css";
import "./styles/measures.css";
import "./styles/evidence.css";
import "./styles/auditor.css";

const root = document.getElementById("app");
if (root !== null) render(<App />, root);
