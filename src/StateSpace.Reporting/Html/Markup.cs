using System.Text;

namespace StateSpace.Reporting;

/// <summary>Writes HTML and SVG that is well-formed XML too: every element is closed, every text and attribute escaped.</summary>
internal sealed class Markup
{
    private static readonly HashSet<string> Inline = new(StringComparer.Ordinal)
    {
        "a", "abbr", "b", "code", "dd", "dt", "em", "figcaption", "h1", "h2", "h3", "li", "p", "small", "span", "strong", "sub", "summary", "sup",
        "td", "text", "th", "title", "tspan", "desc",
    };

    private readonly StringBuilder _text = new();
    private readonly Stack<string> _open = new();

    /// <summary>Opens an element; attributes whose value is null are left out.</summary>
    public Markup Start(string name, params (string Name, string? Value)[] attributes)
    {
        if (!InsideInline()) NewLine();
        Tag(name, attributes);
        _text.Append('>');
        _open.Push(name);
        return this;
    }

    /// <summary>Closes the element that was opened last.</summary>
    public Markup End()
    {
        var name = _open.Pop();
        if (!Inline.Contains(name) && !InsideInline()) NewLine();
        _text.Append("</").Append(name).Append('>');
        return this;
    }

    /// <summary>An element with a text in it.</summary>
    public Markup Element(string name, string text, params (string Name, string? Value)[] attributes)
    {
        Start(name, attributes);
        Text(text);
        return End();
    }

    /// <summary>An element without content, such as <c>meta</c> or an SVG shape.</summary>
    public Markup Empty(string name, params (string Name, string? Value)[] attributes)
    {
        if (!InsideInline()) NewLine();
        Tag(name, attributes);
        _text.Append("/>");
        return this;
    }

    /// <summary>A text.</summary>
    public Markup Text(string text)
    {
        Escape(text);
        return this;
    }

    /// <summary>Content that is neither escaped nor indented: a style sheet of our own.</summary>
    public Markup Raw(string text)
    {
        _text.Append(text);
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => _open.Count == 0
        ? _text.ToString()
        : throw new InvalidOperationException($"the element {_open.Peek()} is not closed");

    private bool InsideInline() => _open.Count > 0 && Inline.Contains(_open.Peek());

    private void NewLine()
    {
        if (_text.Length > 0) _text.Append('\n');
    }

    private void Tag(string name, (string Name, string? Value)[] attributes)
    {
        _text.Append('<').Append(name);
        foreach (var (attribute, value) in attributes)
        {
            if (value is null) continue;
            _text.Append(' ').Append(attribute).Append("=\"");
            Escape(value);
            _text.Append('"');
        }
    }

    private void Escape(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            switch (c)
            {
                case '&': _text.Append("&amp;"); break;
                case '<': _text.Append("&lt;"); break;
                case '>': _text.Append("&gt;"); break;
                case '"': _text.Append("&quot;"); break;
                case '\'': _text.Append("&#39;"); break;
                case '\t' or '\n' or '\r': _text.Append(c == '\r' ? ' ' : c); break;

                // Characters that no XML document may hold, and halves of surrogate pairs.
                case < ' ' or '\uFFFE' or '\uFFFF': _text.Append('\uFFFD'); break;
                case >= '\uD800' and <= '\uDBFF' when i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]):
                    _text.Append(c).Append(text[++i]);
                    break;
                case >= '\uD800' and <= '\uDFFF': _text.Append('\uFFFD'); break;
                default: _text.Append(c); break;
            }
        }
    }
}
