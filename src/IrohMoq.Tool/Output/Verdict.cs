namespace IrohMoq.Tool.Output;

/// <summary>Specifies the result of a check of the machine.</summary>
internal enum Verdict
{
    /// <summary>Everything is as the tool needs it.</summary>
    Ok,

    /// <summary>The tool works, but more slowly or with a restriction.</summary>
    Warning,

    /// <summary>The tool does not work.</summary>
    Problem,
}
