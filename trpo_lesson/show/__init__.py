"""The face of the lesson: the only package that draws. No formula lives here.

The road: `theme` and `svg` (one house style, pictures that follow the page's light or dark theme), `plots`
(figures), `animation` (a policy at work), `interactive` (the slider), `source` (packaged code on the page).
"""
