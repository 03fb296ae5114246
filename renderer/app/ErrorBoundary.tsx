import { RotateCcw } from "lucide-react";
import { Component, type ReactNode } from "react";
import { Button, Empty } from "../ui/index.ts";

type Props = { title: string; hint: string; retry: string; children: ReactNode };

/** A defect in one section leaves the others as they are. */
export class ErrorBoundary extends Component<Props, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    return (
      <Empty
        title={this.props.title}
        actions={
          <Button icon={<RotateCcw size={14} />} onClick={() => this.setState({ broken: false })}>
            {this.props.retry}
          </Button>
        }
      >
        {this.props.hint}
      </Empty>
    );
  }
}
