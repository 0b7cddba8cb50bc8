namespace IrohMoq.Load.Endpoint;

/// <summary>Represents one measured value: a cell of the table of a part.</summary>
/// <param name="Quantity">The row: what was measured, with its unit.</param>
/// <param name="Subject">The column: what it was measured on, or a ratio such as <c>raw/floor</c>.</param>
/// <param name="Value">The value.</param>
internal sealed record Cell(string Quantity, string Subject, double Value)
{
    /// <summary>Returns, for some quantities, the ratios of one subject to another.</summary>
    /// <param name="cells">The measured values.</param>
    /// <param name="subject">The subject whose values are divided.</param>
    /// <param name="other">The subject by whose values they are divided.</param>
    /// <param name="name">The subject of the ratios.</param>
    /// <param name="quantities">The quantities.</param>
    public static IEnumerable<Cell> Ratios(
        IReadOnlyCollection<Cell> cells, string subject, string other, string name, params string[] quantities) =>
        quantities.Select(quantity => new Cell(quantity, name, Of(cells, subject, quantity) / Of(cells, other, quantity)));

    private static double Of(IReadOnlyCollection<Cell> cells, string subject, string quantity) =>
        cells.Single(cell => cell.Subject == subject && cell.Quantity == quantity).Value;
}
